-- What an account does with itself, and what staff do for one that has lost its second factor.
-- Nothing here is ever deleted: a code, a change or a grant ends and says when.

alter table account
    add column language text not null default 'en' constraint account_language_is_known check (language in ('en', 'es'));

-- The number of somebody who is not a patient themselves; a patient's own number stands in the patient's record.
create table account_contact (
    clinic_id uuid not null,
    account_id uuid not null,
    phone_sealed bytea,
    primary key (clinic_id, account_id),
    foreign key (clinic_id, account_id) references account
);

alter table session
    add column device text not null default 'other/other',
    add column stepped_up_at timestamptz;

-- The seed of a code app that is being set up while the old one, if any, still counts.
alter table credential add column next_seed_sealed bytea;

create table recovery_code (
    clinic_id uuid not null,
    code_id uuid not null,
    account_id uuid not null,
    code_hash bytea not null,
    created_at timestamptz not null,
    used_at timestamptz,
    replaced_at timestamptz,
    primary key (clinic_id, code_id),
    foreign key (clinic_id, account_id) references account,
    constraint recovery_code_is_unique unique (clinic_id, account_id, code_hash)
);

create table email_change (
    clinic_id uuid not null,
    change_id uuid not null,
    account_id uuid not null,
    new_email text not null,
    code_hash text not null,
    state text not null constraint email_change_state_is_known check (state in ('open', 'confirmed', 'withdrawn')),
    created_at timestamptz not null,
    expires_at timestamptz not null,
    primary key (clinic_id, change_id),
    foreign key (clinic_id, account_id) references account,
    constraint email_change_code_is_unique unique (clinic_id, code_hash)
);
create unique index email_change_one_open on email_change (clinic_id, account_id) where state = 'open';

-- A lost second factor: one person confirms who it is for a patient or proxy, two different ones for staff.
create table factor_recovery (
    clinic_id uuid not null,
    recovery_id uuid not null,
    account_id uuid not null,
    state text not null constraint factor_recovery_state_is_known check (state in ('open', 'done', 'withdrawn')),
    needs smallint not null constraint factor_recovery_needs_one_or_two check (needs in (1, 2)),
    confirmed_by uuid not null,
    confirmed_at timestamptz not null,
    reason_sealed bytea not null,
    second_by uuid,
    second_at timestamptz,
    second_reason_sealed bytea,
    expires_at timestamptz not null,
    primary key (clinic_id, recovery_id),
    foreign key (clinic_id, account_id) references account,
    constraint factor_recovery_by_two_people check (second_by is distinct from confirmed_by),
    constraint factor_recovery_never_by_its_own_account
        check (confirmed_by <> account_id and second_by is distinct from account_id),
    constraint factor_recovery_done_when_confirmed
        check (state <> 'done' or needs = 1 or (second_by is not null and second_at is not null))
);
create unique index factor_recovery_one_open on factor_recovery (clinic_id, account_id) where state = 'open';

alter table proxy_grant
    add column proxy_name text not null default '',
    add column ended_by uuid,
    add column ended_at timestamptz,
    add column end_reason text constraint proxy_grant_end_reason_is_known
        check (end_reason in ('patient', 'proxy', 'staff')),
    add constraint proxy_grant_ended_says_by_whom_and_why
        check ((ended_at is null) = (ended_by is null) and (ended_at is null) = (end_reason is null));
create index proxy_grant_by_patient on proxy_grant (clinic_id, patient_id);

do $$
declare
    name text;
begin
    foreach name in array array['account_contact', 'recovery_code', 'email_change', 'factor_recovery']
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

create policy account_contact_of_account on account_contact
    using (clinic_id = (select app_clinic()) and (select app_kind() = 'patient')
        and account_id::text = (select app_actor()));
create policy recovery_code_of_account on recovery_code
    using (clinic_id = (select app_clinic()) and (select app_kind() in ('anonymous', 'patient'))
        and account_id::text = (select app_actor()));
create policy email_change_of_account on email_change
    using (clinic_id = (select app_clinic()) and (select app_kind() in ('anonymous', 'patient'))
        and account_id::text = (select app_actor()));
-- Whoever holds the link is known by nothing else yet.
create policy email_change_by_code on email_change for select
    using (clinic_id = (select app_clinic()) and (select app_kind() = 'anonymous')
        and code_hash = (select app_actor()));
-- Address and language of one's own account; never its state, and no other patient's record.
create policy account_changed_by_owner on account for update
    using (clinic_id = (select app_clinic()) and (select app_kind() in ('anonymous', 'patient'))
        and account_id::text = (select app_actor()))
    with check (clinic_id = (select app_clinic()) and (select app_kind() in ('anonymous', 'patient'))
        and account_id::text = (select app_actor()) and state = 'active'
        and (patient_id is null or patient_id = any ((select app_patients())::uuid[])));
-- A patient, or who acts for one, changes how to be called. Which columns is for the statement to say: staff use the same role.
create policy patient_contact_by_patient on patient for update
    using (clinic_id = (select app_clinic()) and (select app_kind() = 'patient')
        and patient_id = any ((select app_patients())::uuid[]))
    with check (clinic_id = (select app_clinic()) and (select app_kind() = 'patient')
        and patient_id = any ((select app_patients())::uuid[]));
-- A patient reads who acts for them; a patient or the proxy can end a grant, and nothing else.
create policy proxy_grant_read_by_patient on proxy_grant for select
    using (clinic_id = (select app_clinic()) and (select app_kind() = 'patient')
        and patient_id = any ((select app_patients())::uuid[]));
create policy proxy_grant_ended_by_patient on proxy_grant for update
    using (clinic_id = (select app_clinic()) and (select app_kind() = 'patient')
        and (patient_id = any ((select app_patients())::uuid[]) or account_id::text = (select app_actor())))
    with check (clinic_id = (select app_clinic()) and (select app_kind() = 'patient') and ended_at is not null);

grant select, insert, update on account_contact to portico_app;
grant select, insert, update (used_at, replaced_at) on recovery_code to portico_app;
grant select, insert, update (state) on email_change to portico_app;
grant select, insert, update (state, second_by, second_at, second_reason_sealed) on factor_recovery to portico_app;
revoke update on proxy_grant from portico_app;
grant update (scope, confirmed_by, starts_at, ends_at, proxy_name, ended_by, ended_at, end_reason)
    on proxy_grant to portico_app;
