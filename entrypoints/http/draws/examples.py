"""A draw as the public sees it: announced, aborted and drawn."""

from typing import Final

from domain.model.draws.manifest import FORMAT

EXAMPLE: Final = {
    "drawId": "5b0c7a52d1f94f0fae2c6f6a1f0c1f52",
    "number": 1,
    "status": "announced",
    "manifest": {
        "announcedAt": "2026-11-25T12:00:00.000Z",
        "beacon": {
            "chain": "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
            "kind": "drand",
            "round": 34_287_000,
        },
        "campaignId": "tour-2026",
        "entrants": 48_211,
        "excluded": {"fraud": 12, "unconfirmed": 1_830},
        "exclude": ["flagged"],
        "format": FORMAT,
        "groupBy": None,
        "listDigest": "0f4f9d0f9f2a5d1c6b7e8a3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f70",
        "merkleRoot": "6f5e4d3c2b1a0f9e8d7c6b5a49382716f5e4d3c2b1a0f9e8d7c6b5a493827160",
        "minScore": None,
        "number": 1,
        "places": {"bos": 500, "nyc": 1_000},
        "seed": "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00",
        "tiers": [90, 70],
        "weights": [],
    },
    "manifestDigest": "3a7bd3e2360a3d29eea436fcfb7e44c735d117c42d1c1835420b6b9942dd4f1b",
    "entrants": 48_211,
    "excluded": {"fraud": 12, "unconfirmed": 1_830},
    "announcedAt": "2026-11-25T12:00:00.000Z",
    "randomness": None,
    "placed": None,
    "waitlisted": None,
    "cutoffs": None,
    "resultDigest": None,
    "drawnAt": None,
    "abortedAt": None,
    "withheld": {},
    "fillings": [],
    "givingCodes": {},
}
ABORTED: Final = EXAMPLE | {"status": "aborted", "abortedAt": "2026-11-25T12:10:00.000Z"}
DRAWN: Final = EXAMPLE | {
    "status": "drawn",
    "randomness": "fe290beca10872ef2fb164d2aa4442de4566183ec51c56ff3cd603d930e54fdd",
    "placed": {"bos": 500, "nyc": 1_000},
    "waitlisted": 46_711,
    "cutoffs": {"bos": {"tier": 0, "key": "04" * 32}, "nyc": {"tier": 0, "key": "09" * 32}},
    "resultDigest": "9b74c9897bac770ffc029102a200c5de9b74c9897bac770ffc029102a200c5de",
    "drawnAt": "2026-11-25T13:00:04.000Z",
}
