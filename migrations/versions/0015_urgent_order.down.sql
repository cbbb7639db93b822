drop index escalation_open;
create index escalation_open on escalation (clinic_id, level_rank, deadline, escalation_id) where state <> 'resolved';
