"""From the plant model to the fold of products."""

from __future__ import annotations

from collections.abc import Mapping

from twin.mes.products import ProductSpec
from twin.model.plant import Plant


def product_specs(plant: Plant, ids: Mapping[str, int], unit_of: Mapping[str, int]) -> list[ProductSpec]:
    """The lines whose product a tag shows, of the units whose tags are in `unit_of`; by (unit, line)."""
    names = {product.code: product.name for product in plant.products.values() if product.code is not None}
    found: list[ProductSpec] = []
    for line in plant.lines:
        if line.product in unit_of and line.product in ids:
            found.append(ProductSpec(unit_of[line.product], line.path, ids[line.product], names))
    return sorted(found, key=lambda spec: (spec.unit, spec.line))
