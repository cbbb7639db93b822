"""Statements of the figures: one for each, over the whole period, within the clinic.

What came in or was raised in the period counts, whatever happened to it afterwards. A percentile is the nearest rank: a
wait that there really was. Durations are elapsed time in whole minutes, rounded up.
"""

from portico.desk.figures_model import Handling, LevelMove, Reading, RuleFigure, Span
from portico.platform.database import Query, Tx

# Each escalation of the period with when it came to its level, when somebody first was on it there, and what passed.
_COURSES = """
    with raised as (
        select escalation_id, subject_kind, cause, level, state, rung, deadline, raised_at, resolved_at
        from escalation
        where clinic_id = $1 and raised_at >= $2 and raised_at < $3
    ), step as (
        select e.escalation_id, v.kind, v.at, v.missed,
            coalesce(max(v.at) filter (where v.kind = 'raise_level') over (partition by e.escalation_id), e.raised_at)
                as since
        from raised e
        join escalation_event v on v.clinic_id = $1 and v.escalation_id = e.escalation_id
    ), told as (
        select escalation_id, min(since) as since,
            min(at) filter (where kind in ('acknowledge', 'resolve', 'left_message') and at >= since) as acknowledged_at,
            bool_or(missed = 'acknowledgement') as late_acknowledgement, bool_or(missed = 'contact') as late_contact
        from step
        group by escalation_id
    ), course as (
        select e.subject_kind, e.cause, e.level, e.state, e.rung, e.resolved_at, t.acknowledged_at,
            coalesce(t.since, e.raised_at) as since,
            coalesce(t.late_acknowledgement, false) or (e.state = 'raised' and e.deadline <= $4) as late_acknowledgement,
            coalesce(t.late_contact, false) or (e.state = 'acknowledged' and e.deadline <= $4) as late_contact
        from raised e
        left join told t on t.escalation_id = e.escalation_id
    )"""

READINGS = Query(
    Reading,
    _COURSES  # noqa: S608 - put together from constants
    + """, given as (
        select m.level, true as is_message, m.sent_at as since, r.read_at as seen_at, m.read_due_at as due,
            case when r.read_at is null then m.seq > (
                select t.read_by_staff_seq from thread t where t.clinic_id = $1 and t.thread_id = m.thread_id
            ) else false end as waits
        from message m
        left join message_reading r on r.clinic_id = $1 and r.message_id = m.message_id
            and r.sent_at >= $2 and r.sent_at < $3
        where m.clinic_id = $1 and m.from_patient and m.sent_at >= $2 and m.sent_at < $3
        union all
        select level, false, since, acknowledged_at, null, acknowledged_at is null
        from course
        where subject_kind = 'response' and cause in ('red_flag', 'triage')
    ), counted as (
        select level, count(*) filter (where is_message)::int as messages,
            count(*) filter (where not is_message)::int as dangers, count(seen_at)::int as seen,
            percentile_disc(array[0.5, 0.9]) within group (order by seen_at - since) as ranks,
            max(seen_at - since) as longest, count(*) filter (where waits)::int as waiting,
            max($4 - since) filter (where waits) as longest_waiting, count(due)::int as promised,
            count(*) filter (where due <= coalesce(seen_at, case when waits then $4 end))::int as late
        from given
        group by level
    )
    select level, messages, dangers, seen, ceil(extract(epoch from ranks[1]) / 60)::int as median,
        ceil(extract(epoch from ranks[2]) / 60)::int as ninetieth, ceil(extract(epoch from longest) / 60)::int as longest,
        waiting, ceil(extract(epoch from longest_waiting) / 60)::int as longest_waiting, promised, late
    from counted
    """,
)

HANDLINGS = Query(
    Handling,
    _COURSES  # noqa: S608 - put together from constants
    + """, counted as (
        select level, count(*)::int as raised, count(acknowledged_at)::int as acknowledged,
            percentile_disc(array[0.5, 0.9]) within group (order by acknowledged_at - since) as acknowledging,
            max(acknowledged_at - since) as acknowledged_longest,
            max($4 - since) filter (where acknowledged_at is null) as unacknowledged_longest,
            count(resolved_at)::int as resolved,
            percentile_disc(array[0.5, 0.9]) within group (order by resolved_at - since) as resolving,
            max(resolved_at - since) as resolved_longest,
            max($4 - since) filter (where resolved_at is null) as unresolved_longest,
            count(*) filter (where rung = 0)::int as first_rung, count(*) filter (where rung = 1)::int as second_rung,
            count(*) filter (where rung > 1)::int as last_rung,
            count(*) filter (where late_acknowledgement)::int as late_acknowledgement,
            count(*) filter (where late_contact)::int as late_contact
        from course
        group by level
    )
    select level, raised, acknowledged, ceil(extract(epoch from acknowledging[1]) / 60)::int as acknowledged_median,
        ceil(extract(epoch from acknowledging[2]) / 60)::int as acknowledged_ninetieth,
        ceil(extract(epoch from acknowledged_longest) / 60)::int as acknowledged_longest,
        raised - acknowledged as unacknowledged,
        ceil(extract(epoch from unacknowledged_longest) / 60)::int as unacknowledged_longest, resolved,
        ceil(extract(epoch from resolving[1]) / 60)::int as resolved_median,
        ceil(extract(epoch from resolving[2]) / 60)::int as resolved_ninetieth,
        ceil(extract(epoch from resolved_longest) / 60)::int as resolved_longest, raised - resolved as unresolved,
        ceil(extract(epoch from unresolved_longest) / 60)::int as unresolved_longest, first_rung, second_rung, last_rung,
        late_acknowledgement, late_contact
    from counted
    """,
)

MOVES = Query(
    LevelMove,
    """
    select level_before, level_after, count(*)::int as changes
    from level_change
    where clinic_id = $1 and changed_at >= $2 and changed_at < $3
    group by level_before, level_after
    """,
)

RULES = Query(
    RuleFigure,
    # A late review is resolved by its decision, as not needed: that says nothing about a rule.
    """
    with rank (level, rank) as (
        values ('emergency', 0), ('call_now', 1), ('same_day', 2), ('routine', 3)
    ), last_change as (
        select distinct on (message_id) message_id, level_after
        from level_change
        where clinic_id = $1 and changed_at >= $2
        order by message_id, number desc
    ), by_message as (
        select fired.rule, count(*)::int as messages, count(*) filter (where later.rank > given.rank)::int as lowered
        from message m
        cross join lateral unnest(m.rules) as fired (rule)
        join rank given on given.level = m.level
        left join last_change c on c.message_id = m.message_id
        left join rank later on later.level = c.level_after
        where m.clinic_id = $1 and m.from_patient and m.sent_at >= $2 and m.sent_at < $3
        group by fired.rule
    ), judged as materialized (
        select e.rules, e.state = 'resolved' as resolved, coalesce(e.outcome = 'not_needed', false) as not_needed,
            exists (
                select from escalation_event v
                where v.clinic_id = $1 and v.escalation_id = e.escalation_id and v.kind = 'lower_level'
            ) as lowered
        from escalation e
        where e.clinic_id = $1 and e.raised_at >= $2 and e.raised_at < $3 and e.cause <> 'late_review'
    ), by_escalation as (
        select fired.rule, count(*)::int as escalations, count(*) filter (where resolved or lowered)::int as ended,
            count(*) filter (where lowered)::int as lowered, count(*) filter (where not_needed)::int as not_needed,
            count(*) filter (where lowered or not_needed)::int as for_nothing
        from judged
        cross join lateral unnest(rules) as fired (rule)
        group by fired.rule
    )
    select coalesce(m.rule, e.rule) as rule, coalesce(m.messages, 0) as messages,
        coalesce(m.lowered, 0) as messages_lowered, coalesce(e.escalations, 0) as escalations,
        coalesce(e.ended, 0) as ended, coalesce(e.lowered, 0) as lowered, coalesce(e.not_needed, 0) as not_needed,
        coalesce(e.for_nothing, 0) as for_nothing
    from by_message m
    full join by_escalation e on e.rule = m.rule
    order by escalations desc, messages desc, rule
    """,
)


async def readings(tx: Tx, span: Span) -> list[Reading]:
    """How soon staff first looked, by level; no row for a level at which nothing came in."""
    return await tx.all(READINGS, tx.clinic_id, span.since, span.until, span.now)


async def handlings(tx: Tx, span: Span) -> list[Handling]:
    """What became of escalations, by level; no row for a level at which none was raised."""
    return await tx.all(HANDLINGS, tx.clinic_id, span.since, span.until, span.now)


async def moves(tx: Tx, span: Span) -> list[LevelMove]:
    """How often levels of messages were changed by hand, from which to which."""
    return await tx.all(MOVES, tx.clinic_id, span.since, span.until)


async def rules(tx: Tx, span: Span) -> list[RuleFigure]:
    """What became of what each rule set off, the most frequent first."""
    return await tx.all(RULES, tx.clinic_id, span.since, span.until)
