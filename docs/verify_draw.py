"""Checks a draw of Fangate with Python 3.10 or newer, and nothing else. Exits with 1 if a step differs.

    python verify_draw.py MANIFEST LIST RESULTS --randomness HEX
    python verify_draw.py fan PROOF DRAW

MANIFEST is the manifest, or DRAW: GET /{campaignId}/draws/{drawId}. LIST and RESULTS are list.csv and results.csv.
HEX is the randomness: look it up at the beacon yourself. PROOF is GET /{campaignId}/entries/me/draws.
"""

import hashlib, hmac, json, pathlib, re, sys

BESIDE = {"number", "entrants", "excluded", "announcedAt", "manifest", "manifestDigest", "status", "abortedAt"}
BESIDE |= {"randomness", "cutoffs"}
sha = lambda data: hashlib.sha256(data).digest()


def expect(step, agrees, detail):
    if not agrees:
        raise AssertionError(f"{step}: {detail}")


def canonical(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def unique(pairs):
    expect("manifest", len(dict(pairs)) == len(pairs), "or proof: a member is there twice")
    return dict(pairs)


def compare(step, draw, **right):
    """The figures that the answer has beside the manifest. One that is left out says nothing."""
    for name, value in right.items():
        agrees = name not in draw or canonical(draw[name]) == canonical(value)
        expect(step, agrees, f"{name} of the answer is not what the manifest and the files give")


def check_answer(draw):
    """What follows from the manifest alone. Returns the manifest."""
    manifest, begun = draw.get("manifest", draw), "announced" if draw.get("randomness") is None else "running"
    expect("manifest", manifest["format"] == "fangate-draw/1", "it is in another format")
    compare("manifest", draw, manifestDigest=sha(canonical(manifest)).hex())
    compare("answer", draw, **{one: manifest[one] for one in sorted(BESIDE & manifest.keys())})
    status = begun if draw.get("drawnAt", draw.get("cutoffs")) is None else "drawn"
    nothing = dict.fromkeys(() if draw.get("cutoffs") is not None else ("placed", "waitlisted", "resultDigest"))
    compare("answer", draw, status=status if draw.get("abortedAt") is None else "aborted", **nothing)
    return manifest


def check_list(data, manifest):
    lines, places = data.split(b"\n")[:-1], manifest["places"].keys() - {"-"}
    tiers, weights = range(len(manifest["tiers"]) + 1), {1, *(one["weight"] for one in manifest["weights"])}
    tiers, weights = ("|".join(map(str, some)) for some in (tiers, weights))
    form = re.compile(f"[0-9a-f]{{32}},({tiers}),({weights}),([^,\x00-\x1f\x7f]+)")
    for at, line in enumerate(lines):
        parts = form.fullmatch(line.decode(errors="replace"))
        markets = parts[3].split(">") if parts else ["-"]
        agrees = len(places & {*markets}) == len(markets) and (at == 0 or lines[at - 1][:32] < line[:32])
        expect("list", agrees, f"line {at + 1} is no line of this draw, or is not sorted by its bytes")
    found, right = [len(lines), sha(data).hex()], [manifest["entrants"], manifest["listDigest"]]
    expect("list", found == right, f"entrants and listDigest of the manifest are {right}, of the file {found}")
    tree = [sha(b"\x00" + line) for line in lines] or [sha(b"")]
    while len(tree) > 1:  # RFC 9162, 2.1.1, level by level. The last hash of an odd level goes up as it is.
        pairs = [sha(b"\x01" + left + right) for left, right in zip(tree[::2], tree[1::2], strict=False)]
        tree = pairs + tree[2 * len(pairs) :]
    expect("merkle root", tree[0].hex() == manifest["merkleRoot"], "it is not merkleRoot of the manifest")
    return lines


def draw_key(manifest, randomness):
    most = 32 if manifest["beacon"]["kind"] == "drand" else 1024
    expect("randomness", re.fullmatch(f"([0-9a-fA-F]{{2}}){{32,{most}}}", randomness), f"not 32 to {most} bytes")
    mixed = sha(bytes.fromhex(manifest["seed"]) + bytes.fromhex(randomness))
    return sha(b"fangate-draw/1\x00" + sha(canonical(manifest)) + mixed)


def turn(line, key):
    """When an entrant chooses: by tier, then by the least of the entrant's keys, then by ballot."""
    ballot, tier, weight, _ = line.split(b",")
    keys = [hmac.digest(key, ballot + j.to_bytes(2, "big"), "sha256").hex() for j in range(int(weight))]
    return int(tier), min(keys), ballot


def verify(draw, listed, results, randomness):
    """``draw``: the manifest or the answer. ``listed``, ``results``: the content of the files."""
    manifest, known = check_answer(draw), draw.get("cutoffs") is not None
    key, begun = draw_key(manifest, randomness), known or draw.get("randomness") is not None
    compare("randomness", draw, randomness=randomness.lower() if begun else None)
    left, right, cutoffs = dict(manifest["places"]), [], dict.fromkeys(manifest["places"])
    for (tier, least, ballot), line in sorted((turn(one, key), one) for one in check_list(listed, manifest)):
        # In turn, each takes the first market of the line that has a place left.
        market = next((one for one in line.decode().split(",")[3].split(">") if left[one] > 0), "-")
        right.append(b"%s,%s\n" % (ballot, market.encode()))
        if market != "-":
            left[market] -= 1
            cutoffs[market] = None if left[market] else {"tier": tier, "key": least}
    for place, (wanted, line) in enumerate(zip(sorted(right), results.splitlines(True), strict=False), 1):
        expect("results", line == wanted, f"line {place} must be {wanted.decode().strip()}")
    expect("results", results == b"".join(sorted(right)), f"there must be {len(right)} lines")
    figures = {"resultDigest": sha(results).hex(), "waitlisted": sum(line.endswith(b",-\n") for line in right)}
    figures["placed"] = {market: count - left[market] for market, count in manifest["places"].items()}
    compare("results", draw, abortedAt=None, **(figures if known else {}))
    compare("cutoffs", draw, cutoffs=cutoffs if known else None)
    left = ", ".join(sorted({*draw} - figures.keys() - BESIDE if manifest is not draw else ())) or "nothing"
    return f"every step agrees\nSHA-256 of the manifest: {sha(canonical(manifest)).hex()}\nnot checked: {left}"


def verify_fan(fan, draw):
    """A fan's own check: the line is in the list of the draw, and the cutoffs give it this market."""
    manifest, line, proof, sides = check_answer(draw), fan["line"], fan["proof"], []
    index, size, path = proof["index"], proof["size"], [*map(bytes.fromhex, proof["path"])]
    while size > 1:  # RFC 9162, 2.1.3: is the line in the right part of the tree, in the right part of that, ...
        split = 1 << ((size - 1).bit_length() - 1)
        sides.append(index >= split)
        index, size = (index - split, size - split) if sides[-1] else (index, split)
    root = sha(b"\x00" + line.encode())
    for right, other in zip(reversed(sides), path, strict=False):
        root = sha(b"\x01" + (other + root if right else root + other))
    found = [index, len(path), proof["size"], root.hex(), fan["ballotId"], fan["drawId"]]
    right = [0, len(sides), manifest["entrants"], manifest["merkleRoot"], line[:32], draw["drawId"]]
    expect("proof", found == right, "the fan's line is not in the list of the draw")
    markets, outcome, cutoffs = line.split(",")[3].split(">"), fan["outcome"], draw.get("cutoffs")
    told = {"announced": ([None], []), "placed": (markets, []), "waitlisted": ([None], markets)}[outcome]
    fits = fan["market"] in told[0] and fan["waitlist"].keys() == {*told[1]}
    expect("outcome", fits and (cutoffs or outcome == "announced"), "market or waitlist do not fit it")
    if not cutoffs:
        return "the line is in the list; the draw has not run"
    fits = sum(draw["placed"].values()) + draw["waitlisted"] == manifest["entrants"]
    expect("answer", fits, "placed and waitlisted of the answer are not all entrants together")
    own = turn(line.encode(), draw_key(manifest, draw["randomness"]))[:2]
    last = {market: end and (end["tier"], end["key"]) for market, end in cutoffs.items()}
    won = next((market for market in markets if not last[market] or own <= last[market]), None)
    expect("cutoffs", outcome == "announced" or won in (None, fan["market"]), f"by them, the place is in {won}")
    return f"the line is in the list, and the draw gave it {f'a place in {won}' if won else 'no place'}"


if __name__ == "__main__":
    words, load = sys.argv[1:], lambda path: json.loads(pathlib.Path(path).read_bytes(), object_pairs_hook=unique)
    try:
        if len(words) == 5 and words[3] == "--randomness":
            print(verify(load(words[0]), *(pathlib.Path(path).read_bytes() for path in words[1:3]), words[4]))
        elif len(words) == 3 and words[0] == "fan":
            draw, fans = load(words[2]), load(words[1])
            print(verify_fan(next(one for one in fans if one["drawId"] == draw["drawId"]), draw))
        else:
            sys.exit(print(__doc__, file=sys.stderr) or 2)
    except Exception as error:
        known = isinstance(error, (AssertionError, OSError))
        sys.exit(f"DIFFERS: {error if known else f'manifest or proof: no JSON, or a wrong member: {error!r}'}")
