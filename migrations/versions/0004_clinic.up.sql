-- The clinic's own side: the ledger of its settings, tests of the page channel, and its opening to patients.

alter table clinic_setting add column changed_by uuid;
-- What a named person confirmed last: a threshold stays in force until its successor is confirmed.
alter table clinic_setting add column confirmed_value text;
-- The owner is subject to row-level security like everybody else, and has no clinic.
alter table clinic_setting no force row level security;
update clinic_setting set confirmed_value = value where confirmed_by is not null;
alter table clinic_setting force row level security;

-- Every value that was ever set or confirmed; rows are only added.
create table clinic_setting_event (
    clinic_id uuid not null references clinic,
    event_id uuid not null,
    key text not null,
    kind text not null constraint clinic_setting_event_kind_is_known check (kind in ('set', 'confirm')),
    value text,
    actor_id uuid,
    at timestamptz not null,
    primary key (clinic_id, event_id)
);
create index clinic_setting_event_by_key on clinic_setting_event (clinic_id, key, at desc, event_id);

-- A page that an admin sent to a person of the staff, and whether a person said that it arrived.
create table page_test (
    clinic_id uuid not null,
    test_id uuid not null,
    account_id uuid not null,
    channel text not null constraint page_test_channel_is_known check (channel in ('mail', 'webhook')),
    state text not null constraint page_test_state_is_known check (state in ('sent', 'confirmed', 'void')),
    requested_by uuid not null,
    requested_at timestamptz not null,
    confirmed_by uuid,
    confirmed_at timestamptz,
    primary key (clinic_id, test_id),
    foreign key (clinic_id, account_id) references staff,
    constraint page_test_confirmed_by_somebody
        check (state <> 'confirmed' or (confirmed_by is not null and confirmed_at is not null))
);
create unique index page_test_one_waits_per_person on page_test (clinic_id, account_id) where state = 'sent';
create index page_test_confirmed on page_test (clinic_id, confirmed_at) where state = 'confirmed';

-- Who opened the clinic to patients: the first row counts. A clinic without a row has not been opened.
create table clinic_opening (
    clinic_id uuid not null references clinic,
    opening_id uuid not null,
    opened_by uuid not null,
    opened_at timestamptz not null,
    primary key (clinic_id, opening_id)
);

-- When the present wait began: from here a deadline is computed again when the calendar changes.
alter table escalation add column waiting_since timestamptz not null default now();
alter table escalation no force row level security;
alter table escalation_event no force row level security;
update escalation set waiting_since = coalesce(
    (select max(escalation_event.at) from escalation_event
     where escalation_event.clinic_id = escalation.clinic_id
        and escalation_event.escalation_id = escalation.escalation_id and escalation_event.kind <> 'add_rules'),
    raised_at);
alter table escalation force row level security;
alter table escalation_event force row level security;

do $$
declare
    name text;
begin
    foreach name in array array['clinic_setting_event', 'page_test', 'clinic_opening']
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
-- Whether the clinic is open decides what patients and strangers may begin.
create policy clinic_opening_read_in_clinic on clinic_opening for select
    using (clinic_id = (select app_clinic()) and (select app_kind() in ('patient', 'anonymous')));

grant select, insert on clinic_setting_event, clinic_opening to portico_app;
grant select, insert, update (state, confirmed_by, confirmed_at) on page_test to portico_app;
-- The table stands outside row-level security: the statement names the clinic, and nothing else of it can be changed.
grant update (name, zone) on clinic to portico_app;
grant select on page_test, clinic_opening to portico_worker;
