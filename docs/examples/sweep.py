"""Which setting of a sweep goes with which pathology: ``python sweep.py runs.parquet learning_rate``.

Counts with 95 % intervals (Wilson), by the value of one setting. Runs that differ in their seed only are one
group; a group counts as affected when at least half of its runs are, as seeds are no independent evidence
about a setting.
"""

import json
import math
import sys

import pandas as pd

Z = 1.96


def interval(hits: int, of: int) -> tuple[float, float]:
    """Wilson's interval of a share."""
    share, extra = hits / of, Z * Z / of
    middle = (share + extra / 2) / (1 + extra)
    half = Z * math.sqrt(share * (1 - share) / of + extra / (4 * of)) / (1 + extra)
    return max(0.0, middle - half), min(1.0, middle + half)


def counts(table: pd.DataFrame, setting: str) -> pd.DataFrame:
    """A row for each value of the setting and each root cause: groups affected, of how many, interval."""
    runs = table[table["row"] == "run"].copy()
    runs["value"] = [json.loads(text).get(setting) for text in runs["settings"]]
    runs = runs.dropna(subset="value")
    roots = table[(table["row"] == "finding") & table["root"].eq(True)]
    found = []
    for code, title in sorted(dict(zip(roots["code"], roots["title"], strict=True)).items()):
        sick = roots.loc[roots["code"] == code, ["path", "id"]].apply(tuple, axis=1)
        runs["sick"] = runs[["path", "id"]].apply(tuple, axis=1).isin(set(sick))
        groups = runs.groupby(["value", "group"])["sick"].mean() >= 0.5
        for value, hit in groups.groupby("value"):
            low, high = interval(int(hit.sum()), len(hit))
            found.append((code, title, value, int(hit.sum()), len(hit), round(low, 2), round(high, 2)))
    names = ["code", "title", setting, "groups with it", "of", "low", "high"]
    return pd.DataFrame(found, columns=names)


if __name__ == "__main__":
    made = counts(pd.read_parquet(sys.argv[1]), sys.argv[2])
    with_it = made.groupby("code")["groups with it"].transform("sum") > 0
    print(made[with_it].to_string(index=False))
