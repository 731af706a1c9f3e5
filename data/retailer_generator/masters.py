"""Customers and products: what every other table refers to."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from retailer_generator import clock, demand, text
from retailer_generator.company import CATEGORIES, COUNTRIES, SEGMENTS
from retailer_generator.randomness import stream

CUSTOMERS, PRODUCTS = 6000, 300
FIRST_CUSTOMER = date(2019, 1, 1)
_GIVEN = ["anna", "ben", "clara", "david", "emma", "felix", "greta", "hugo", "ida", "jonas", "karla", "leon"]
_FAMILY = ["arnold", "brandt", "conrad", "dietz", "engel", "fuchs", "graf", "horn", "jansen", "keller"]
_NOUNS = {
    "kitchen": ["pan", "kettle", "knife set", "bowl"],
    "lighting": ["floor lamp", "pendant", "desk lamp", "lantern"],
    "textiles": ["throw", "cushion", "curtain", "towel set"],
    "furniture": ["shelf", "side table", "stool", "chest"],
    "garden": ["planter", "bench", "parasol", "fire bowl"],
    "decor": ["vase", "mirror", "candle", "frame"],
}
_STYLES = ["Alster", "Fjord", "Hafen", "Linden", "Moor", "Nord", "Speicher", "Warft"]
_LIST_PRICE = {"kitchen": 32, "lighting": 68, "textiles": 27, "furniture": 119, "garden": 58, "decor": 22}


@dataclass(frozen=True)
class Masters:
    """Customers ordered by when they came, products by when they were launched."""

    created_at: np.ndarray
    country: np.ndarray  # code in COUNTRIES
    segment: np.ndarray
    launched_on: np.ndarray  # days since 1970
    category: np.ndarray
    price: np.ndarray  # euro cents

    def customer_at(self, t: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """A customer who existed at each time; half the choices favour recent ones."""
        existing = np.searchsorted(self.created_at, t)
        share = rng.random(len(t))
        recent = existing - 1 - (existing * 0.2 * share**2).astype(np.int64)
        return np.where(rng.random(len(t)) < 0.5, (existing * share).astype(np.int64), recent)

    def product_at(self, day: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """A product on sale on each day (days since 1970); some sell far better than others."""
        launched = np.searchsorted(self.launched_on, day, side="right")
        spread = (rng.random(len(day)) ** 1.7 * launched).astype(np.int64)
        return (spread * 7919) % launched  # best sellers are spread over old and new


def make(scale: float) -> Masters:
    rng = stream("erp", "customers")
    count = max(60, round(CUSTOMERS * scale))
    old = round(count * 0.45)
    first, start = clock.midnight(FIRST_CUSTOMER), clock.midnight(clock.START)
    shape = demand.curve() / demand.curve().sum()
    arrivals = demand.times(rng.choice(clock.DAYS, count - old, p=shape), demand.HOURS_ONLINE, rng)
    created = np.sort(np.concatenate([rng.integers(first, start, old), arrivals]))
    shares = [share for share, _, _ in COUNTRIES.values()]
    country = rng.choice(len(shares), count, p=shares)
    segment = rng.choice(len(SEGMENTS), count, p=[0.55, 0.35, 0.10])
    return Masters(created, country, segment, *_products())


def _products() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = stream("erp", "products")
    start = (clock.START - date(1970, 1, 1)).days
    old = rng.integers(start - 2200, start, PRODUCTS * 3 // 5)
    new = rng.integers(start, start + clock.DAYS - 20, PRODUCTS - len(old))
    category = rng.integers(0, len(CATEGORIES), PRODUCTS)
    base = np.array([_LIST_PRICE[name] for name in CATEGORIES])[category]
    price = np.maximum(4, base * rng.lognormal(0, 0.45, PRODUCTS)).astype(np.int64) * 100 - 5
    return np.sort(np.concatenate([old, new])), category, price


def customer_no(index: np.ndarray) -> pa.Array:
    """Customer number; null for a guest (-1)."""
    return text.numbered("C", index + 1, 6)


def sku(index: np.ndarray) -> pa.Array:
    return text.numbered("HH-", index + 1, 4)


def email(index: np.ndarray) -> pa.Array:
    """Made-up address; null for nobody (-1)."""
    given = text.pick(_GIVEN, index % len(_GIVEN))
    family = text.pick(_FAMILY, index // 7 % len(_FAMILY))
    return text.join(given, ".", family, text.numbered("", index + 1, 1), "@mail.example")


def product_names(category: np.ndarray) -> pa.Array:
    names = []
    for n, code in enumerate(category.tolist()):
        nouns = _NOUNS[CATEGORIES[code]]
        names.append(f"{_STYLES[n % len(_STYLES)]} {nouns[n // len(_STYLES) % len(nouns)]} {n + 1}")
    return pa.array(names)
