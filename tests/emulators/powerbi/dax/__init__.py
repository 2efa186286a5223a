"""A small real DAX: parsed by a grammar, evaluated on columns, with filter context, row context and their transition.

`parser.parse(text)` gives a `syntax.Query`; `run.run(query, model)` gives its results on a `views.Model`.
Anything outside the grammar, or unknown to the model, raises `DaxError`.
"""
