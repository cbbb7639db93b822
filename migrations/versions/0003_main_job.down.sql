revoke delete on session from portico_worker;
revoke select (clinic_id, session_id, expires_at) on session from portico_worker;
drop policy session_deleted_by_worker on session;
drop policy session_due_for_worker on session;
drop index session_expired;
alter policy review_due_for_worker on review using ((select app_clinic()) is null and state <> 'decided');
alter table review drop column valid_until;
