"""Checks a draw of Fangate with Python 3.10 or newer, and nothing else. Exits with 1 if a step differs.

    python verify_draw.py MANIFEST LIST RESULTS --randomness HEX
    python verify_draw.py fan PROOF DRAW

MANIFEST is the manifest, or the answer of GET /{campaignId}/draws/{drawId}. LIST and RESULTS are list.csv and
results.csv. HEX is the randomness: look it up at the beacon yourself. PROOF is the answer of GET
/{campaignId}/entries/me/draws, and DRAW that of GET /{campaignId}/draws/{drawId}.
"""

import hashlib
import hmac
import json
import re
import sys

LINE = re.compile(rb"[0-9a-f]{32},(0|[1-9][0-9]{0,3}),([1-9]|[1-5][0-9]|6[0-4]),([^,\x00-\x1f\x7f]+)")
LARGEST = {"manifest": 1 << 20, "draw": 1 << 20, "proof": 1 << 20, "list": 1 << 31, "results": 1 << 31}


def expect(step, agrees, detail):
    if not agrees:
        raise AssertionError(f"{step}: {detail}")


def sha(data):
    return hashlib.sha256(data).digest()


def canonical(value):
    """The bytes of JSON with keys sorted by code point, without white space."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def read(step, path):
    with open(path, "rb") as file:
        data = file.read(LARGEST[step] + 1)
    expect(step, len(data) <= LARGEST[step], f"the file is larger than {LARGEST[step]} bytes")
    return data


def merkle_root(hashes):
    """RFC 9162, section 2.1.1, level by level. The last hash of an odd level goes up as it is."""
    while len(hashes) > 1:
        pairs = [sha(b"\x01" + left + right) for left, right in zip(hashes[::2], hashes[1::2], strict=False)]
        hashes = pairs + hashes[2 * len(pairs) :]
    return hashes[0] if hashes else sha(b"")


def root_of_proof(line, index, size, path):
    """RFC 9162, section 2.1.3: the root that a path leads to. Its last hash is of the tree's other part."""
    expect("proof", 0 <= index < size and bool(path) == (size > 1), "the path does not fit index and size")
    if not path:
        return sha(b"\x00" + line)
    split = 1 << ((size - 1).bit_length() - 1)
    if index < split:
        return sha(b"\x01" + root_of_proof(line, index, split, path[:-1]) + path[-1])
    return sha(b"\x01" + path[-1] + root_of_proof(line, index - split, size - split, path[:-1]))


def check_list(data, manifest):
    lines = data.split(b"\n")[:-1]
    for place, line in enumerate(lines, 1):
        parts = LINE.fullmatch(line)
        markets = parts[3].decode(errors="replace").split(">") if parts else [None]
        fits = len(manifest["places"].keys() & markets) == len(markets) and int(parts[1]) <= len(manifest["tiers"])
        sorts = place == 1 or lines[place - 2][:32] < line[:32]
        expect("list", fits and sorts, f"line {place} is no line of this draw, or is not sorted by its bytes")
    expect("list", len(lines) == manifest["entrants"], f"it has {len(lines)} lines, not {manifest['entrants']}")
    expect("list", sha(data).hex() == manifest["listDigest"], "its digest is not listDigest of the manifest")
    root = merkle_root([sha(b"\x00" + line) for line in lines])
    expect("merkle root", root.hex() == manifest["merkleRoot"], "it is not merkleRoot of the manifest")
    return lines


def draw_key(manifest, randomness):
    expect("randomness", re.fullmatch("([0-9a-fA-F]{2}){32,1024}", randomness), "is not 32 to 1,024 bytes in hex")
    mixed = sha(bytes.fromhex(manifest["seed"]) + bytes.fromhex(randomness))
    return sha(b"fangate-draw/1\x00" + sha(canonical(manifest)) + mixed)


def turn(line, key):
    """When an entrant chooses: by tier, then by the least of the entrant's keys, then by ballot."""
    ballot, tier, weight, _ = line.split(b",")
    keys = [hmac.digest(key, ballot + j.to_bytes(2, "big"), "sha256").hex() for j in range(int(weight))]
    return int(tier), min(keys), ballot


def allocate(lines, key, places):
    """In turn, each takes the first market of the line that has a place left."""
    left, markets, cutoffs = dict(places), {}, dict.fromkeys(places)
    for (tier, least, ballot), line in sorted((turn(line, key), line) for line in lines):
        market = next((one for one in line.decode().split(",")[3].split(">") if left[one] > 0), "-")
        markets[ballot] = market
        if market != "-":
            left[market] -= 1
            cutoffs[market] = None if left[market] else {"tier": tier, "key": least}
    return markets, cutoffs


def verify(draw, list_file, results_file, randomness):
    """``draw``: the manifest, or the answer about the draw. Digests in the answer are compared, too."""
    manifest = draw.get("manifest", draw)
    expect("manifest", manifest["format"] == "fangate-draw/1", "it is in another format")
    expect("manifest", draw.get("manifestDigest") in (None, sha(canonical(manifest)).hex()), "has another digest")
    lines = check_list(read("list", list_file), manifest)
    expect("randomness", draw.get("randomness") in (None, randomness.lower()), "the answer has another one")
    markets, cutoffs = allocate(lines, draw_key(manifest, randomness), manifest["places"])
    right = [ballot + b"," + market.encode() + b"\n" for ballot, market in sorted(markets.items())]
    results = read("results", results_file)
    for place, (wanted, line) in enumerate(zip(right, results.splitlines(keepends=True), strict=False), 1):
        expect("results", line == wanted, f"line {place} must be {wanted.decode().strip()}")
    expect("results", results == b"".join(right), f"there must be {len(right)} lines")
    expect("results", draw.get("resultDigest") in (None, sha(results).hex()), "they have another resultDigest")
    expect("cutoffs", draw.get("cutoffs") in (None, cutoffs), "they are not those of the answer")
    return "every step agrees"


def verify_fan(fan, draw):
    """A fan's own check: the line is in the list of the draw, and the cutoffs give it this market."""
    line, proof, manifest = fan["line"].encode(), fan["proof"], draw["manifest"]
    root = root_of_proof(line, proof["index"], proof["size"], [*map(bytes.fromhex, proof["path"])])
    fits = fan["line"][:32] == fan["ballotId"] and proof["size"] == manifest["entrants"]
    expect("proof", fits and root.hex() == manifest["merkleRoot"], "the fan's line is not in the list of the draw")
    if not draw.get("randomness"):
        return "the line is in the list; the draw has not run"
    tier, least, _ = turn(line, draw_key(manifest, draw["randomness"]))
    for market in fan["line"].split(",")[3].split(">"):
        last = draw["cutoffs"][market]
        if last is None or (tier, least) <= (last["tier"], last["key"]):
            expect("cutoffs", fan["market"] == market, f"by them, the place is in {market}")
            return f"the line is in the list, and the draw gave it a place in {market}"
    return "the line is in the list, and the draw itself gave it no place"


if __name__ == "__main__":
    words, load = sys.argv[1:], lambda step, path: json.loads(read(step, path))
    try:
        if len(words) == 5 and words[3] == "--randomness":
            print(verify(load("manifest", words[0]), words[1], words[2], words[4]))
        elif len(words) == 3 and words[0] == "fan":
            draw, fans = load("draw", words[2]), load("proof", words[1])
            print(verify_fan(next(one for one in fans if one["drawId"] == draw["drawId"]), draw))
        else:
            sys.exit(print(__doc__, file=sys.stderr) or 2)
    except (AssertionError, OSError) as error:
        sys.exit(f"DIFFERS: {error}")
    except (AttributeError, LookupError, RecursionError, StopIteration, TypeError, ValueError) as error:
        sys.exit(f"DIFFERS: manifest or proof: no JSON, or a member is missing or of another kind: {error!r}")
