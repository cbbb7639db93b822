-- How people come in and leave: invitations, password resets, patients who registered themselves, and which records are
-- of the same person.

alter table patient
    add column verified boolean not null default true,
    add column phone_hmac bytea;
create index patient_by_name on patient (clinic_id, name, patient_id);
create index patient_by_birth_date on patient (clinic_id, born_on);
create index patient_by_phone on patient (clinic_id, phone_hmac) where phone_hmac is not null;
create index account_by_patient on account (clinic_id, patient_id) where patient_id is not null;

-- A way in that works once: staff invited somebody, or somebody registered and must show that the address is theirs.
create table invitation (
    clinic_id uuid not null references clinic,
    invitation_id uuid not null,
    kind text not null constraint invitation_kind_is_known check (kind in ('patient', 'staff', 'registration')),
    state text not null constraint invitation_state_is_known
        check (state in ('open', 'accepted', 'withdrawn', 'burnt')),
    token_hash text not null,
    email text not null,
    name text not null,
    born_on date,
    patient_id uuid,
    roles text[] not null default '{}' constraint invitation_roles_are_known
        check (roles <@ array['clinician', 'nurse', 'front_desk', 'admin']),
    tries smallint not null default 0,
    sendings smallint not null default 1,
    invited_by uuid,
    account_id uuid,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    accepted_at timestamptz,
    primary key (clinic_id, invitation_id),
    foreign key (clinic_id, patient_id) references patient,
    foreign key (clinic_id, account_id) references account,
    constraint invitation_code_is_unique unique (clinic_id, token_hash),
    constraint invitation_of_staff_has_roles check ((kind = 'staff') = (cardinality(roles) > 0)),
    constraint invitation_of_a_patient_names_one check (kind <> 'patient' or patient_id is not null),
    constraint invitation_asks_for_a_birth_date check (kind = 'staff' or born_on is not null),
    constraint invitation_accepted_became_an_account
        check (state <> 'accepted' or (account_id is not null and accepted_at is not null))
);
create index invitation_newest on invitation (clinic_id, created_at desc, invitation_id desc);
create index invitation_by_patient on invitation (clinic_id, patient_id) where patient_id is not null;

-- A request for an address that nobody has is written like any other and taken back, so that both take the same work:
-- the account is looked for only when the transaction ends.
create table password_reset (
    clinic_id uuid not null references clinic,
    reset_id uuid not null,
    account_id uuid not null,
    token_hash text not null,
    state text not null constraint password_reset_state_is_known check (state in ('open', 'used', 'withdrawn')),
    requested_at timestamptz not null,
    expires_at timestamptz not null,
    primary key (clinic_id, reset_id),
    foreign key (clinic_id, account_id) references account deferrable initially deferred,
    constraint password_reset_code_is_unique unique (clinic_id, token_hash)
);
create index password_reset_by_account on password_reset (clinic_id, account_id) where state = 'open';

-- What staff decided about two records that may be of one person. `patient_id` is the one that came later.
create table patient_match (
    clinic_id uuid not null,
    patient_id uuid not null,
    other_patient_id uuid not null,
    state text not null constraint patient_match_state_is_known check (state in ('linked', 'apart', 'undone')),
    decided_by uuid not null,
    decided_at timestamptz not null,
    primary key (clinic_id, patient_id, other_patient_id),
    foreign key (clinic_id, patient_id) references patient,
    foreign key (clinic_id, other_patient_id) references patient
);
create unique index patient_match_links_to_one on patient_match (clinic_id, patient_id) where state = 'linked';
create index patient_match_by_other on patient_match (clinic_id, other_patient_id) where state = 'linked';

do $$
declare
    name text;
begin
    foreach name in array array['invitation', 'password_reset', 'patient_match'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format(
            'create policy %I on %I using (clinic_id = (select app_clinic()) and (select app_kind() in (''staff'', ''worker'')))'
            ' with check (clinic_id = (select app_clinic()) and (select app_kind() in (''staff'', ''worker'')))',
            name || '_within_clinic', name);
    end loop;
    -- Whoever holds a code sees the one row that its hash names, and nothing else.
    foreach name in array array['invitation', 'password_reset'] loop
        execute format(
            'create policy %I on %I for select using (clinic_id = (select app_clinic())'
            ' and (select app_kind() = ''anonymous'') and token_hash = (select app_actor()))', name || '_by_code', name);
    end loop;
end
$$;
create policy invitation_tried on invitation for update
    using (clinic_id = (select app_clinic()) and (select app_kind() = 'anonymous') and token_hash = (select app_actor()))
    with check (clinic_id = (select app_clinic()) and (select app_kind() = 'anonymous')
        and token_hash = (select app_actor()));
create policy patient_match_signing_in on patient_match for select
    using (clinic_id = (select app_clinic()) and (select app_kind() = 'anonymous')
        and patient_id = any ((select app_patients())::uuid[]));

create or replace function visit_by_token(held_token text, at timestamptz)
returns table (session_id uuid, account_id uuid, name text, clinic_name text, clinic_phone text, zone text, state text,
    hat text, last_seen_at timestamptz, expires_at timestamptz, is_patient boolean, is_proxy boolean, staff_roles text[],
    links text)
language plpgsql as $$
declare
    holder uuid;
    acts_for uuid[];
begin
    select s.account_id into holder from session s
    where s.clinic_id = app_clinic() and s.token_hash = held_token and s.state <> 'ended' and s.expires_at > at;
    if holder is null then
        return;
    end if;
    perform set_config('app.actor', holder::text, true);
    select array_agg(may.patient_id) into acts_for from (
        select a.patient_id from account a
        where a.clinic_id = app_clinic() and a.account_id = holder and a.patient_id is not null
        union
        select g.patient_id from proxy_grant g
        where g.clinic_id = app_clinic() and g.account_id = holder
            and g.starts_at <= at and (g.ends_at is null or g.ends_at > at)) as may;
    -- Staff may have found that this account's own record and another are of the same person.
    perform set_config('app.patients', coalesce(acts_for, '{}')::text, true);
    select acts_for || coalesce(array_agg(m.other_patient_id), '{}') into acts_for
    from account a join patient_match m on m.clinic_id = a.clinic_id and m.patient_id = a.patient_id
        and m.state = 'linked'
    where a.clinic_id = app_clinic() and a.account_id = holder;
    perform set_config('app.patients', coalesce(acts_for, '{}')::text, true);
    return query
    with link as (
        select p.patient_id, p.name, 'self' as relation, array['intake', 'messages', 'record'] as scope,
            false as is_linked
        from account a join patient p on p.clinic_id = a.clinic_id and p.patient_id = a.patient_id
        where a.clinic_id = app_clinic() and a.account_id = holder
        union all
        select p.patient_id, p.name, 'self', array['intake', 'messages', 'record'], true
        from account a
        join patient_match m on m.clinic_id = a.clinic_id and m.patient_id = a.patient_id and m.state = 'linked'
        join patient p on p.clinic_id = m.clinic_id and p.patient_id = m.other_patient_id
        where a.clinic_id = app_clinic() and a.account_id = holder
        union all
        select p.patient_id, p.name, g.basis, g.scope, false
        from proxy_grant g join patient p on p.clinic_id = g.clinic_id and p.patient_id = g.patient_id
        where g.clinic_id = app_clinic() and g.account_id = holder
            and g.starts_at <= at and (g.ends_at is null or g.ends_at > at))
    select s.session_id, s.account_id, a.name, c.name, phone.value, c.zone, s.state, s.hat, s.last_seen_at, s.expires_at,
        a.patient_id is not null, exists (select from link where link.relation <> 'self'), coalesce(t.roles, '{}'),
        coalesce((select json_agg(link) from link)::text, '[]')
    from session s
    join account a on a.clinic_id = s.clinic_id and a.account_id = s.account_id and a.state = 'active'
    join clinic c on c.clinic_id = s.clinic_id
    left join staff t on t.clinic_id = s.clinic_id and t.account_id = s.account_id
    left join clinic_setting phone on phone.clinic_id = s.clinic_id and phone.key = 'clinic.phone'
        and phone.confirmed_at is not null
    -- Asked again: each statement here sees what was committed before it began, and the session may have ended since.
    where s.clinic_id = app_clinic() and s.token_hash = held_token and s.state <> 'ended' and s.expires_at > at;
end
$$;

grant select, insert, update on invitation, password_reset, patient_match to portico_app;
grant select (verified) on patient to portico_worker;
grant select on patient_match to portico_worker;
