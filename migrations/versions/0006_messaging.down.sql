drop table draft, read_mark, assignment, note, closure, level_change, retraction, message, thread;
-- The owner is subject to row-level security like everybody else, and has no clinic.
alter table escalation no force row level security;
update escalation set cause = 'triage' where cause = 'unread';
alter table escalation force row level security;
alter table escalation drop constraint escalation_cause_is_known;
alter table escalation add constraint escalation_cause_is_known
    check (cause in ('red_flag', 'triage', 'late_review'));
