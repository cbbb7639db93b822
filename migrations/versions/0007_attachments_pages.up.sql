-- Attachments: the row of each file. Its bytes lie sealed in the object store, under a key of their own that stands here:
-- sealed under the patient's key always, and under the clinic's while a virus scanner has yet to see them, so that the
-- worker can open what waits for the scanner and nothing else. Once a file is rejected or collected its keys are gone, and
-- nobody can read the bytes wherever copies of them lie.

create table attachment (
    clinic_id uuid not null,
    attachment_id uuid not null,
    patient_id uuid not null,
    state text not null constraint attachment_state_is_known
        check (state in ('received', 'quarantined', 'clean', 'rejected')),
    media_type text not null constraint attachment_media_type_is_known
        check (media_type in ('image/jpeg', 'image/png', 'image/webp', 'application/pdf', 'text/plain')),
    size integer not null,
    name_sealed bytea,
    digest bytea not null,
    blob_key text not null,
    key_sealed bytea,
    scan_key_sealed bytea,
    uploaded_by uuid not null,
    holder_kind text constraint attachment_holder_is_known check (holder_kind in ('message', 'response')),
    holder_id uuid,
    created_at timestamptz not null,
    orphan_at timestamptz,
    scan_at timestamptz,
    scan_tries smallint not null default 0,
    erase_at timestamptz,
    due_at timestamptz generated always as (least(orphan_at, scan_at, erase_at)) stored,
    primary key (clinic_id, attachment_id),
    foreign key (clinic_id, patient_id) references patient,
    foreign key (clinic_id, uploaded_by) references account,
    constraint attachment_holder_is_whole check ((holder_kind is null) = (holder_id is null)),
    constraint attachment_held_is_no_orphan check (holder_id is null or orphan_at is null),
    constraint attachment_rejected_cannot_be_read check ((state = 'rejected') = (key_sealed is null)),
    constraint attachment_is_named_while_it_is_there check (state = 'rejected' or name_sealed is not null),
    constraint attachment_waits_for_the_scanner
        check ((state = 'quarantined') = (scan_key_sealed is not null) and (state = 'quarantined') = (scan_at is not null))
);
create index attachment_by_holder on attachment (clinic_id, holder_kind, holder_id) where holder_id is not null;
create index attachment_due on attachment (due_at) where due_at is not null;

-- What a person chose: the kinds that do not come by mail. Kinds that safety needs are never asked for.
create table notification_choice (
    clinic_id uuid not null,
    account_id uuid not null,
    off text[] not null constraint notification_choice_is_known check (off <@ array['message', 'reminder', 'decision']),
    changed_at timestamptz not null,
    primary key (clinic_id, account_id),
    foreign key (clinic_id, account_id) references account
);

-- `each` until a worker has looked at the row for the first time: then it keeps the first channel of its kind, and the
-- other channels get rows of their own.
alter table notification add column channel text not null default 'each'
    constraint notification_channel_is_known check (channel in ('each', 'mail', 'page', 'webhook'));
create index notification_undelivered on notification (clinic_id, created_at desc, notification_id)
    where sent_at is null and due_at is null;

do $$
declare
    name text;
begin
    foreach name in array array['attachment', 'notification_choice']
    loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format(
            'create policy %I on %I using (clinic_id = (select app_clinic()) and (select app_kind() in (''staff'', ''worker'')))'
            ' with check (clinic_id = (select app_clinic()) and (select app_kind() in (''staff'', ''worker'')))',
            name || '_within_clinic', name);
    end loop;
end
$$;
create policy attachment_of_patient on attachment
    using (clinic_id = (select app_clinic()) and (select app_kind() = 'patient')
        and patient_id = any ((select app_patients())::uuid[]))
    with check (clinic_id = (select app_clinic()) and (select app_kind() = 'patient')
        and patient_id = any ((select app_patients())::uuid[]));
create policy notification_choice_of_account on notification_choice
    using (clinic_id = (select app_clinic()) and (select app_kind() = 'patient') and account_id::text = (select app_actor()))
    with check (clinic_id = (select app_clinic()) and (select app_kind() = 'patient')
        and account_id::text = (select app_actor()));
create policy attachment_due_for_worker on attachment for select to portico_worker
    using ((select app_clinic()) is null and due_at is not null);

grant select, insert on attachment to portico_app;
grant update (state, scan_key_sealed, holder_kind, holder_id, orphan_at, scan_at, erase_at) on attachment to portico_app;
grant select, insert, update on notification_choice to portico_app;
grant select (clinic_id, attachment_id, patient_id, state, media_type, size, blob_key, scan_key_sealed, uploaded_by,
    holder_kind, holder_id, created_at, orphan_at, scan_at, scan_tries, erase_at, due_at) on attachment to portico_worker;
grant update on attachment to portico_worker;
grant select on notification_choice to portico_worker;
