-- A draft that is thrown away while somebody must act on a danger in it keeps its answers until they have. Deploy step: expand.

alter table response drop constraint response_working_copy_exists_while_open;
alter table response add constraint response_working_copy_exists_while_open
    check (state not in ('draft', 'amending') or answers_sealed is not null);
alter table response add constraint response_working_copy_goes_when_it_is_sent_or_expires
    check (state not in ('submitted', 'expired') or answers_sealed is null);
