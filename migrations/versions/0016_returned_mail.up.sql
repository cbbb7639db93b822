-- Mail that was taken and came back later (RFC 3464). Columns of their own: a worker that has just handed the mail over still
-- writes its own outcome, before or after the report comes. Deploy step: expand.
alter table notification
    add column returned_at timestamptz,
    add column return_code text
        constraint notification_return_code_is_a_status check (return_code ~ '^[45]\.[0-9]{1,3}\.[0-9]{1,3}$'),
    add constraint notification_returned_with_a_code check ((returned_at is null) = (return_code is null));

drop index notification_undelivered;
create index notification_undelivered on notification (clinic_id, created_at desc, notification_id)
    where due_at is null and (sent_at is null or returned_at is not null);

-- A page that comes back: the test of that address holds no longer.
grant update (state, confirmed_by, confirmed_at) on page_test to portico_worker;
