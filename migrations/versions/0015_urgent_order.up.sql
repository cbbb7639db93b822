-- A deadline grows with each rung, so that who waited longest sank in the list. Deploy step: expand.
drop index escalation_open;
create index escalation_open on escalation (clinic_id, level_rank, (state <> 'raised'), raised_at, escalation_id)
    where state <> 'resolved';
