-- The owner is subject to row-level security like everybody else, and has no clinic.
alter table response no force row level security;
update response set answers_sealed = null, expires_at = null, danger = null where state = 'abandoned';
alter table response force row level security;
alter table response drop constraint response_working_copy_goes_when_it_is_sent_or_expires;
alter table response drop constraint response_working_copy_exists_while_open;
alter table response add constraint response_working_copy_exists_while_open
    check ((state in ('draft', 'amending')) = (answers_sealed is not null));
