-- Whether the customer's file still has the dataset. One that was taken out keeps its sink and its books: it is mapped and
-- applied on, so that it can be put back, but nothing is sent to it, and what only it reads is not fetched.
alter table dataset add column active boolean not null default true;
