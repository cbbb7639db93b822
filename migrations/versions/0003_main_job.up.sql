-- A decided review whose intake is to be relied on at a visit goes back to the queue when the intake has become too old.

alter table review add column valid_until timestamptz;
create index review_valid_until on review (valid_until) where valid_until is not null;

alter policy review_due_for_worker on review
    using ((select app_clinic()) is null and (state <> 'decided' or valid_until is not null));

-- Sessions that ended long ago are deleted by due work. The worker never sees a token's hash.

create index session_expired on session (expires_at);
create policy session_due_for_worker on session for select to portico_worker
    using ((select app_clinic()) is null);
create policy session_deleted_by_worker on session as restrictive for delete
    using (clinic_id = (select app_clinic()) and (select app_kind() = 'worker'));
grant select (clinic_id, session_id, expires_at) on session to portico_worker;
grant delete on session to portico_worker;
