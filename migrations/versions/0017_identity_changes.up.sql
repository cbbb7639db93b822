-- What a record, or an account, was called before a change, who changed it and when. Deploy step: expand.
-- A former name stands beside the patient for ever, and a link of two records rests on no word of whoever links them.

-- A record as it was before the change. No name: staff made the record, so its first values are the maker's word.
create table identity_change (
    clinic_id uuid not null,
    change_id uuid not null,
    patient_id uuid not null,
    -- In which order: times may be equal, or go back with the clock.
    place bigint generated always as identity,
    name text,
    born_on date,
    phone_hmac bytea,
    source text not null constraint identity_change_source_is_known check (source in ('self', 'staff', 'import')),
    account_id uuid,
    changed_at timestamptz not null,
    primary key (clinic_id, change_id),
    foreign key (clinic_id, patient_id) references patient,
    foreign key (clinic_id, account_id) references account,
    constraint identity_change_names_its_person check ((account_id is null) = (source = 'import'))
);
create index identity_change_by_patient on identity_change (clinic_id, patient_id, place);

create table account_name_change (
    clinic_id uuid not null,
    change_id uuid not null,
    account_id uuid not null,
    place bigint generated always as identity,
    name text not null,
    changed_by uuid not null,
    changed_at timestamptz not null,
    primary key (clinic_id, change_id),
    foreign key (clinic_id, account_id) references account
);
create index account_name_change_by_account on account_name_change (clinic_id, account_id, place);

do $$
declare
    name text;
begin
    foreach name in array array['identity_change', 'account_name_change'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format(
            'create policy %I on %I using (clinic_id = (select app_clinic()) and (select app_kind() in (''staff'', ''worker'')))'
            ' with check (clinic_id = (select app_clinic()) and (select app_kind() in (''staff'', ''worker'')))',
            name || '_within_clinic', name);
    end loop;
end
$$;

grant select, insert on identity_change, account_name_change to portico_app;
