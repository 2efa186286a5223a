"""The JSON text of a POST of rows, joined from the fragments that images are kept as."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from exactbi.power_bi.protocol import rows_body
from pbi_pusher.batches import Batch
from pbi_pusher.books import Image


def body(batch: Batch, positions: Sequence[int], images: Mapping[int, Image], additive: Sequence[str]) -> bytes:
    """The body for the items at `positions`; `additive` names the table's additive columns in order."""
    members = [f',"{name}":' for name in additive]
    number, first = batch.id, batch.first_ord
    rows, ids, signs = batch.rows, batch.images, batch.signs
    texts = []
    for position in positions:
        image, sign = images[ids[position]], signs[position]
        amounts = "".join(
            [member + decimal_text(sign * value) for member, value in zip(members, image.additive, strict=True)]
        )
        texts.append(
            f'{{"_row":{rows[position]},"_batch":{number},"_ord":{first + position},"_sign":{sign}{amounts}'
            f"{image.attributes and ','}{image.attributes}}}"
        )
    return rows_body(texts)


def decimal_text(units: int) -> str:
    """Units of 0.0001 as a decimal with four digits; never -0."""
    if units < 0:
        return f"-{-units // 10_000}.{-units % 10_000:04d}"
    return f"{units // 10_000}.{units % 10_000:04d}"


def sums(
    rows: Sequence[int], ids: Sequence[int], signs: Sequence[int], images: Mapping[int, Image], columns: int
) -> list[int]:
    """Sums over a batch's items once: of `_sign`, of `_row`, and of each additive column."""
    additive = [0] * columns
    for item, sign in zip(ids, signs, strict=True):
        for column, value in enumerate(images[item].additive):
            additive[column] += sign * value
    return [sum(signs), sum(rows), *additive]
