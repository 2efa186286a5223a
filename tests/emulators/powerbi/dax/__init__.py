"""A small real DAX: parsed by a grammar and evaluated on columns, with filter context, row context and their transition.

`parser.parse(text)` gives a `syntax.Query`; `evaluate.run(query, model)` gives a relation; a `views.Model` is what it runs on.
Anything outside the grammar, or unknown to the model, raises `DaxError`.
"""
