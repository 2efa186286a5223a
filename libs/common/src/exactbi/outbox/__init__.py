"""The outbox: written with the change it tells of, relayed, republished until it is applied everywhere."""
