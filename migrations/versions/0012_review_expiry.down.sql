alter table response no force row level security;
update response set finish_due_at = null where kind = 'intake';
alter table response force row level security;
alter table response drop constraint response_only_check_ins_have_threads;
alter table response add constraint response_only_check_ins_have_threads
    check (kind = 'check_in' or (thread_id is null and finish_due_at is null));
alter table review drop constraint review_grows_old_only_once_decided;
