"""A small real DAX: parsed by a grammar, evaluated on columns, with filter context, row context and their transition.

`parser.parse(text)` gives a `syntax.Query`; `run.run(query, model)` gives its results on a `views.Model`.
Anything outside the grammar, or unknown to the model, raises `DaxError`. From the text down:

    lexer, parser, syntax                     text to a tree
    check                                     what is refused before anything is evaluated
    evaluate, vectors, transitions            a tree at one place, at every row of a table, and the filters of its rows
    *_functions, aggregations, summarize, groups, sources, filters    the function library
    moments                                   what equality on a DateTime column does
    context, visibility, links                filters, and the rows that they leave through relationships
    relation, scalars, views                  tables and values; the stored columns that they come from
"""
