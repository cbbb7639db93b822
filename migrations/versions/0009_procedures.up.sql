-- Procedures give the days since; what was told after them are check-ins. Deploy step: expand.

create table procedure (
    clinic_id uuid not null,
    procedure_id uuid not null,
    patient_id uuid not null,
    state text not null constraint procedure_state_is_known check (state in ('recorded', 'entered_in_error')),
    performed_on date,
    regions text[] not null constraint procedure_has_a_region check (cardinality(regions) > 0),
    tissues text[] not null,
    hydrodissection boolean,
    guidance text constraint procedure_guidance_is_known check (guidance in ('ultrasound', 'other', 'none')),
    therapy_referral boolean not null,
    lot_sealed bytea,
    revision integer not null,
    recorded_by uuid not null,
    recorded_at timestamptz not null,
    primary key (clinic_id, procedure_id),
    foreign key (clinic_id, patient_id) references patient,
    constraint procedure_is_of_one_patient unique (clinic_id, procedure_id, patient_id)
);
create index procedure_by_patient on procedure (clinic_id, patient_id, performed_on);

-- One row for each day on which a check-in is asked for.
create table check_in_due (
    clinic_id uuid not null,
    procedure_id uuid not null,
    day smallint not null,
    patient_id uuid not null,
    state text not null constraint check_in_due_state_is_known check (state in ('waiting', 'reminded', 'skipped')),
    due_at timestamptz not null,
    primary key (clinic_id, procedure_id, day),
    foreign key (clinic_id, procedure_id, patient_id) references procedure (clinic_id, procedure_id, patient_id)
);
create index check_in_due_of_patient on check_in_due (clinic_id, patient_id, due_at) where state = 'waiting';
create index check_in_due_waiting on check_in_due (due_at) where state = 'waiting';

-- A check-in is a response bound to a thread; before its first submission there may be no thread yet.
alter table response
    add column kind text not null default 'intake' constraint response_kind_is_known check (kind in ('intake', 'check_in')),
    add column thread_id uuid,
    add column finish_due_at timestamptz,
    add constraint response_only_check_ins_have_threads
        check (kind = 'check_in' or (thread_id is null and finish_due_at is null));
drop index response_one_open_draft;
create unique index response_one_open_draft on response (clinic_id, patient_id, questionnaire_url)
    where state = 'draft' and kind = 'intake';
create unique index response_one_open_check_in on response
    (clinic_id, patient_id, coalesce(thread_id, '00000000-0000-0000-0000-000000000000'::uuid))
    where state = 'draft' and kind = 'check_in';
create index response_to_finish on response (finish_due_at) where finish_due_at is not null;
create index response_check_ins on response (clinic_id, patient_id, created_at)
    where kind = 'check_in' and submitted_revision is not null;

-- A check-in has a level and no disposition.
alter table screening alter column disposition drop not null;

do $$
declare
    name text;
begin
    foreach name in array array['procedure', 'check_in_due']
    loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format(
            'create policy %I on %I using (clinic_id = (select app_clinic()) and (select app_kind() in (''staff'', ''worker'')))'
            ' with check (clinic_id = (select app_clinic()) and (select app_kind() in (''staff'', ''worker'')))',
            name || '_within_clinic', name);
        execute format(
            'create policy %I on %I for select using (clinic_id = (select app_clinic())'
            ' and (select app_kind() = ''patient'') and patient_id = any ((select app_patients())::uuid[]))',
            name || '_read_by_patient', name);
    end loop;
end
$$;

create policy check_in_due_for_worker on check_in_due for select to portico_worker
    using ((select app_clinic()) is null and state = 'waiting');

grant select, insert, update on procedure, check_in_due to portico_app;
-- The worker needs the day of a procedure, not what was done in it.
grant select (clinic_id, procedure_id, patient_id, state, performed_on, regions, tissues, hydrodissection)
    on procedure to portico_worker;
grant select, update on check_in_due to portico_worker;
grant select (kind, thread_id, finish_due_at) on response to portico_worker;
