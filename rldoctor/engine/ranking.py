"""Telling causes from symptoms: which finding explains which, and in which order to believe the causes.

The score of a root is severity weight x (1 + strength of the findings it reaches) x specificity (share of the
symptoms it almost always causes that did fire) x timing, and x 0.3 for each such symptom that is measurably
absent. Weights are in ``rules/policy.yaml``; the graph is the rules' ``leads_to``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rldoctor.engine.evaluate import Evaluated
from rldoctor.engine.policy import Ranking
from rldoctor.model.finding import Finding, Outcome, Rival, Root, Severity
from rldoctor.plain_data import dataclass
from rldoctor.rulebook.schema import Edge


@dataclass(frozen=True, slots=True)
class Graph:
    """The causal graph of one run: fired findings, and the edges that hold between them."""

    fired: Mapping[str, Evaluated]
    quiet: Mapping[str, Evaluated]
    ranking: Ranking
    length: float
    first_seen: Mapping[str, float]

    def finding(self, code: str) -> Finding:
        """The finding of a fired rule."""
        finding = self.fired[code].result.finding
        assert finding is not None, code
        return finding

    def timing(self, cause: str, symptom: str) -> float:
        """How well the onsets fit: a cause cannot begin clearly after its symptom."""
        begin, seen = self.finding(cause).onset, self.finding(symptom).onset
        # An unknown onset of the symptom is weaker evidence, not none.
        if begin is None or seen is None:
            # A property of the whole run or of its configuration is there from the start.
            return self.ranking.before if begin is None else self.ranking.unknown
        # In shares of the run: onsets come from smoothed metrics and from conditions that must hold for a
        # while, so an order within that is not known.
        slack = self.ranking.timing_slack * self.length
        if begin <= seen + slack:
            return self.ranking.before
        # There when its metric was first logged: the cause may have begun before anybody could see it, and a
        # symptom that never was otherwise (no success yet) has no beginning to compare with.
        unseen = begin <= self.first_seen.get(cause, 0.0) + slack
        always = seen <= self.first_seen.get(symptom, 0.0) + slack
        # A run may be late for some reason and then stay behind for another: where it fell behind good runs
        # says little of what holds it there.
        behind = any(symptom == heir.code and cause not in heir.parents for heir in self.ranking.inherits)
        return self.ranking.unknown if unseen or always or behind else self.ranking.after

    def edges(self, code: str) -> list[Edge]:
        """Edges from ``code`` to fired findings that its timing does not rule out."""
        return [
            edge
            for edge in with_inherited(code, self.fired[code].edges, self.ranking)
            if edge.code in self.fired and edge.code != code and self.timing(code, edge.code) > 0
        ]

    def reached(self, code: str) -> dict[str, float]:
        """Fired findings reachable from ``code``, with the strength of the best path (product of edges)."""
        # The strongest path to each finding, like Dijkstra's with products: strengths are at most 1, so a
        # longer way is never better and a circle in the graph cannot raise anything.
        best: dict[str, float] = {}
        pending = [(code, 1.0)]
        while pending:
            here, strength = pending.pop()
            for edge in self.edges(here):
                through = strength * self.ranking.strength[edge.strength]
                # A better path is followed again from there: it makes better paths of all that lie behind.
                if edge.code != code and through > best.get(edge.code, 0.0):
                    best[edge.code] = through
                    pending.append((edge.code, through))
        return best

    def claims(self, code: str) -> dict[str, float]:
        """What ``code`` may stand above: a note is a guess, and becomes no headline by a weak edge."""
        reached = self.reached(code)
        if self.finding(code).severity > Severity.INFO:
            return reached
        least = self.ranking.note_claims
        return {one: strong for one, strong in reached.items() if strong >= least[self._level(one)]}

    def _level(self, code: str) -> str:
        return self.finding(code).severity.label

    def score(self, code: str) -> float:
        """The rank score of ``code`` as a root cause."""
        # What a cause explains makes it credible, so the strengths of all findings it reaches count, and
        # not only those next to it: a chain of three is one story.
        finding, reached = self.finding(code), self.reached(code)
        # Only what it almost always causes (H): the absence of a symptom that comes sometimes is no
        # evidence.
        predicted = [edge.code for edge in self.fired[code].edges if edge.strength == "H"]
        weight = self.ranking.severity[self._level(code)] * (1.0 + sum(reached.values()))
        # Two different things: how much of what it predicts came true, and a penalty for each prediction
        # that a rule looked for and did not find. A metric that was not logged counts as neither.
        weight *= self._specificity(predicted) * self._absent(predicted)
        # The mean over the symptoms: one symptom that began a little early is no alibi, all of them are.
        timings = [self.timing(code, symptom) for symptom in reached]
        weight *= sum(timings) / len(timings) if timings else 1.0
        return weight * (
            # A setting that looks odd, explains nothing and is seen in no metric is a remark about the
            # file; most odd settings work.
            self.ranking.config_only if finding.onset is None and not reached and not finding.metrics else 1.0
        )

    def _specificity(self, predicted: Sequence[str]) -> float:
        if not predicted:
            return 1.0
        # Never 0, by the floor below: symptoms may be hidden by what stopped the run.
        shares = [1.0 if code in self.fired else self._unseen(code) for code in predicted]
        return max(sum(shares) / len(shares), self.ranking.absent_prediction)

    def _unseen(self, code: str) -> float:
        return 0.0 if code in self.quiet else self.ranking.unmeasured_prediction

    def _absent(self, predicted: Sequence[str]) -> float:
        absent = sum(code in self.quiet and code not in self.fired for code in predicted)
        return float(self.ranking.absent_prediction**absent)


OUTCOME = "outcome"
"""The area of the rules that tell what a run achieved."""


def with_inherited(code: str, edges: Sequence[Edge], ranking: Ranking) -> list[Edge]:
    """The edges of a rule, and those it has because it leads to, or is, a parent of an inheriting one."""
    # An explicit edge wins over an inherited one, as whoever wrote it knew this pair.
    leads = {edge.code for edge in edges}
    extra = [
        Edge(heir.code, heir.strength)
        for heir in ranking.inherits
        if heir.code not in leads and heir.parents & {*leads, code}
    ]
    return [*edges, *extra]


def rank(
    evaluated: Sequence[Evaluated], ranking: Ranking, length: float, first_seen: Mapping[str, float]
) -> tuple[Root, ...]:
    """Roots by score, each with the findings it explains; every finding stands in exactly one place.

    ``length`` is the run's length in steps; ``first_seen`` the first logged step of what each rule looks at.
    """
    fired = {one.rule.code: one for one in evaluated if one.result.outcome is Outcome.FIRED}
    quiet = {one.rule.code: one for one in evaluated if one.result.outcome is Outcome.PASSED}
    graph = Graph(fired, quiet, ranking, length, first_seen)
    scores = {code: graph.score(code) for code in fired}
    # The code breaks ties: the same run must give the same report whatever the order of files in a pack.
    order = sorted(fired, key=lambda code: (-scores[code], code))
    # Owners after scores: of two findings that explain each other the better root is the root, and which
    # that is must be known.
    reach = {code: graph.claims(code) for code in fired}
    owner = _owners(order, reach, scores)
    roots = [code for code in order if code not in owner]
    return tuple(
        Root(
            graph.finding(root),
            tuple(graph.finding(code) for code in order if owner.get(code) == root),
            round(scores[root], 4),
            _rivals(graph, evaluated, root, [code for code in order if owner.get(code) == root]),
        )
        for root in roots
    )


def _owners(
    order: Sequence[str], reach: Mapping[str, Mapping[str, float]], scores: Mapping[str, float]
) -> dict[str, str]:
    """The root that explains each explained finding.

    A finding that some other finding reaches is explained, unless it reaches that one too and scores higher
    (two findings that cause each other: the better root wins).
    """
    explained: dict[str, list[str]] = {}
    for code in order:
        # A cause may explain its own cause (collapse and entropy feed each other), so being reached is not
        # enough to be a symptom.
        parents = [
            other for other in order if code in reach[other] and not _outranks(code, other, reach, scores)
        ]
        if parents:
            explained[code] = parents
    owner: dict[str, str] = {}
    for code, parents in explained.items():
        # A finding stands below a root and not below another symptom; parents that are explained themselves
        # serve only where circles leave no other.
        tops = [parent for parent in parents if parent not in explained] or parents
        owner[code] = max(tops, key=lambda parent: (reach[parent][code] * scores[parent], parent))
    # Whatever ended below something explained becomes a root of its own: no finding is ever lost.
    return {code: root for code, root in owner.items() if root not in owner}


def _outranks(
    code: str, other: str, reach: Mapping[str, Mapping[str, float]], scores: Mapping[str, float]
) -> bool:
    return other in reach[code] and (scores[code], code) > (scores[other], other)


def _rivals(
    graph: Graph, evaluated: Sequence[Evaluated], root: str, explained: Sequence[str]
) -> tuple[Rival, ...]:
    """Rules that could have been in the place of a root, looked and found nothing; the likeliest first."""
    # Only rules that passed are rivals: one that could not look refutes nothing, and saying so is what
    # separates `not the cause` from `not known`. What the run achieved is no cause.
    quiet = [one for one in evaluated if one.result.outcome is Outcome.PASSED]
    causes = [one for one in quiet if one.rule.area != OUTCOME]
    # Everything leads to a poor outcome: a root that explains nothing else has rivals in its own area.
    closer = [root, *(code for code in explained if graph.fired[code].rule.area != OUTCOME)]
    alike = [one for one in causes if one.rule.area == graph.fired[root].rule.area]
    rivals = _claiming(graph, causes, closer) or _claiming(graph, alike, explained)
    rivals.sort(key=lambda pair: (-pair[0], pair[1].rule.code))
    # One that cannot say which number decided is left out: it would reject by saying so.
    said = [(one, one.why_not() if one.why_not else one.result.reason) for _, one in rivals]
    return tuple(Rival(one.rule.code, one.rule.failure_title, text) for one, text in said if text)


def _claiming(
    graph: Graph, causes: Sequence[Evaluated], codes: Sequence[str]
) -> list[tuple[float, Evaluated]]:
    weighed = [(_claim(graph, one, codes), one) for one in causes]
    # The reason last: making it is most of the work.
    return [(claim, one) for claim, one in weighed if claim > 0 and one.result.reason]


def _claim(graph: Graph, one: Evaluated, codes: Sequence[str]) -> float:
    """How strongly a rule would explain the findings if it had fired: severity x its strongest edge."""
    ranking = graph.ranking
    # All edges and not those that hold for this run, as the conditions of a rule that did not fire were
    # never asked.
    leads_to = with_inherited(one.rule.code, one.rule.leads_to, ranking)
    strengths = [ranking.strength[edge.strength] for edge in leads_to if edge.code in codes]
    return ranking.severity[one.rule.severity.label] * max(strengths, default=0.0)
