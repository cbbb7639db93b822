revoke update (state, confirmed_by, confirmed_at) on page_test from portico_worker;
drop index notification_undelivered;
create index notification_undelivered on notification (clinic_id, created_at desc, notification_id)
    where sent_at is null and due_at is null;
alter table notification
    drop constraint notification_returned_with_a_code,
    drop column return_code,
    drop column returned_at;
