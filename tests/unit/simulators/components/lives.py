"""Lives of components in tests: duties, cuttings, whole lives, and what the Kolmogorov-Smirnov test says of them."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from math import erfc, exp, log, sqrt

import numpy as np

from simulators.components.component import Component, Duty, Series
from simulators.streams import stream

SEEDS = range(200)


def duty(n: int, load: float = 1.0, speed: float = 1.0, ambient: float = 22.0) -> Duty:
    """So many seconds that are all alike."""
    return Duty(np.full(n, load), np.full(n, speed), np.full(n, float(load > 0.0)), np.full(n, ambient))


def varied(seed: int, n: int) -> Duty:
    """Stands, idles and works, a stretch each, and the hall's temperature wanders."""
    draw = np.random.default_rng(seed)
    works = np.repeat(draw.integers(0, 3, n // 7 + 1), 7)[:n]
    load = np.where(works == 2, draw.uniform(0.6, 1.0, n), np.where(works == 1, 0.2, 0.0))
    speed = np.where(works > 0, draw.uniform(0.5, 1.0, n), 0.0)
    return Duty(load, speed, (works == 2).astype(np.float64), draw.uniform(15.0, 35.0, n))


def part(whole: Duty, a: int, b: int) -> Duty:
    """The seconds from a to b."""
    return Duty(whole.load[a:b], whole.speed[a:b], whole.working[a:b], whole.ambient[a:b])


def lived(
    make: Callable[[], Component],
    whole: Duty,
    edges: Sequence[int],
    acts: Mapping[int, Callable[[Component], None]],
    of: Mapping[str, Series] | None = None,
) -> tuple[dict[str, bytes], object]:
    """All quantities of a life cut at edges, as bytes, and its hidden state then. acts: second -> what happens."""
    component = make()
    n = whole.load.size
    rows: dict[str, list[Series]] = {}
    for a, b in pairwise(sorted({0, n, *acts, *edges})):
        if a in acts:
            acts[a](component)
        given = {name: series[a:b] for name, series in (of or {}).items()}
        for name, series in component.advance(part(whole, a, b), given).items():
            rows.setdefault(name, []).append(series)
    return {name: np.concatenate(series).tobytes() for name, series in rows.items()}, component.hidden


def life_s(component: Component, whole: Duty, of: Mapping[str, Series] | None = None) -> int:
    """Seconds of this duty, again and again, until it fails; found as a machine finds it, by looking again in time."""
    n, at = whole.load.size, 0
    while not component.failed:
        place = at % n
        rows = min(max(1, int(min(component.safe_s, n))), n - place)
        given = {name: series[place : place + rows] for name, series in (of or {}).items()}
        component.advance(part(whole, place, place + rows), given)
        at += rows
        assert at < 5_000_000, "it never fails"
    return at


def lives(spec, whole: Duty, seeds: Sequence[int] = SEEDS, act: Callable[[Component], None] | None = None) -> Series:
    """A life of each seed, seconds."""
    found = []
    for seed in seeds:
        component = spec.make(stream(seed, "life"))
        if act is not None:
            act(component)
        found.append(life_s(component, whole))
    return np.array(found, dtype=np.float64)


def ks_p(sample: Series, cdf: Callable[[Series], Series]) -> float:
    """p of the one-sample Kolmogorov-Smirnov test (M. A. Stephens 1970 for the size of the sample)."""
    ordered, n = np.sort(sample), sample.size
    theory = cdf(ordered)
    steps = np.arange(n + 1) / n
    distance = max(float(np.max(steps[1:] - theory)), float(np.max(theory - steps[:-1])))
    scaled = (np.sqrt(n) + 0.12 + 0.11 / np.sqrt(n)) * distance
    return min(1.0, 2.0 * sum((-1) ** (k - 1) * exp(-2.0 * (k * scaled) ** 2) for k in range(1, 101)))


def lognormal_cdf(median: float, scatter: float) -> Callable[[Series], Series]:
    """P(life <= t) of a lognormal life."""
    return np.vectorize(lambda t: normal_cdf(log(t / median) / scatter))


def normal_cdf(z: float) -> float:
    """P(n <= z) of a standard normal number."""
    return 0.5 * erfc(-z / sqrt(2.0))
