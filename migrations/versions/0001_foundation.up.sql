-- The foundation: people, sign-in, questionnaires, responses, screenings, reviews, escalations, outbox, audit.
-- Every table about people starts its keys with clinic_id and stands under row-level security (ENABLE and FORCE).
-- Policies compare columns with the transaction's context only; an unset context sees nothing.

-- The context that the application sets at the start of each transaction. Unset and empty both read as null.
-- Bodies in the standard's form are bound when they are made: nobody's search_path or temporary type can replace a part.
create function app_clinic() returns uuid language sql stable parallel safe
    return nullif(current_setting('app.clinic', true), '')::uuid;
create function app_kind() returns text language sql stable parallel safe
    return nullif(current_setting('app.kind', true), '');
create function app_actor() returns text language sql stable parallel safe
    return nullif(current_setting('app.actor', true), '');
create function app_patients() returns uuid[] language sql stable parallel safe
    return nullif(current_setting('app.patients', true), '')::uuid[];

-- Outside row-level security: no people in these.

create table clinic (
    clinic_id uuid primary key,
    slug text not null constraint clinic_slug_is_unique unique
        constraint clinic_slug_is_plain check (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    name text not null,
    zone text not null,
    created_at timestamptz not null
);

create table sign_in (
    email_hmac bytea not null,
    clinic_id uuid not null references clinic,
    account_id uuid not null,
    primary key (email_hmac, clinic_id)
);

create unlogged table rate_limit (
    key text not null,
    window_start timestamptz not null,
    tries integer not null,
    primary key (key, window_start)
);

create table questionnaire (
    url text not null,
    version text not null,
    slug text not null,
    digest bytea not null,
    body text not null,
    published_at timestamptz not null,
    withdrawn_at timestamptz,
    primary key (url, version)
);
create index questionnaire_by_slug on questionnaire (slug, published_at desc);

create table rule_set (
    slug text not null,
    version text not null,
    questionnaire_url text not null,
    questionnaire_version text not null,
    digest bytea not null,
    body text not null,
    published_at timestamptz not null,
    withdrawn_at timestamptz,
    primary key (slug, version),
    foreign key (questionnaire_url, questionnaire_version) references questionnaire
);

-- The clinic's own words and numbers.

create table clinic_setting (
    clinic_id uuid not null references clinic,
    key text not null,
    value text,
    confirmed_by uuid,
    confirmed_at timestamptz,
    changed_at timestamptz not null,
    primary key (clinic_id, key),
    constraint clinic_setting_is_confirmed_by_somebody check ((confirmed_by is null) = (confirmed_at is null))
);

create table clinic_key (
    clinic_id uuid not null references clinic,
    key_id uuid not null,
    wrapping_key text not null,
    wrapped bytea not null,
    created_at timestamptz not null,
    primary key (clinic_id, key_id)
);

create table signature (
    clinic_id uuid not null references clinic,
    kind text not null constraint signature_kind_is_known
        check (kind in ('rule_set', 'guidance', 'setting', 'questionnaire')),
    key text not null,
    version text not null,
    digest bytea not null,
    signed_by uuid not null,
    signed_at timestamptz not null,
    primary key (clinic_id, kind, key, version)
);

-- People.

create table patient (
    clinic_id uuid not null references clinic,
    patient_id uuid not null,
    name text not null,
    born_on date not null,
    clinic_number text,
    state text not null constraint patient_state_is_known check (state in ('active', 'transferred', 'deceased')),
    phone_sealed bytea,
    address_sealed bytea,
    created_at timestamptz not null,
    primary key (clinic_id, patient_id)
);
create unique index patient_number_is_unique_in_clinic on patient (clinic_id, clinic_number)
    where clinic_number is not null;

create table patient_key (
    clinic_id uuid not null,
    patient_id uuid not null,
    key_id uuid not null,
    clinic_key_id uuid not null,
    wrapped bytea not null,
    created_at timestamptz not null,
    primary key (clinic_id, patient_id, key_id),
    foreign key (clinic_id, patient_id) references patient,
    foreign key (clinic_id, clinic_key_id) references clinic_key
);

create table account (
    clinic_id uuid not null references clinic,
    account_id uuid not null,
    email text not null,
    name text not null,
    patient_id uuid,
    state text not null constraint account_state_is_known check (state in ('active', 'disabled')),
    created_at timestamptz not null,
    primary key (clinic_id, account_id),
    foreign key (clinic_id, patient_id) references patient,
    constraint account_email_is_unique_in_clinic unique (clinic_id, email)
);

create table staff (
    clinic_id uuid not null,
    account_id uuid not null,
    roles text[] not null constraint staff_roles_are_known
        check (roles <@ array['clinician', 'nurse', 'front_desk', 'admin'] and cardinality(roles) > 0),
    page_address_sealed bytea,
    primary key (clinic_id, account_id),
    foreign key (clinic_id, account_id) references account
);

create table credential (
    clinic_id uuid not null,
    account_id uuid not null,
    password_hash text not null,
    totp_seed_sealed bytea,
    totp_confirmed_at timestamptz,
    totp_last_step bigint,
    changed_at timestamptz not null,
    primary key (clinic_id, account_id),
    foreign key (clinic_id, account_id) references account
);

create table session (
    clinic_id uuid not null,
    session_id uuid not null,
    account_id uuid not null,
    token_hash text not null,
    state text not null constraint session_state_is_known
        check (state in ('second-factor', 'enrol-second-factor', 'signed-in', 'ended')),
    hat text not null constraint session_hat_is_known check (hat in ('patient', 'staff')),
    created_at timestamptz not null,
    authenticated_at timestamptz not null,
    last_seen_at timestamptz not null,
    expires_at timestamptz not null,
    primary key (clinic_id, session_id),
    foreign key (clinic_id, account_id) references account,
    constraint session_token_is_unique unique (clinic_id, token_hash)
);
create index session_by_account on session (clinic_id, account_id) where state <> 'ended';

create table proxy_grant (
    clinic_id uuid not null,
    grant_id uuid not null,
    account_id uuid not null,
    patient_id uuid not null,
    scope text[] not null constraint proxy_grant_scope_is_known
        check (scope <@ array['intake', 'messages', 'record'] and cardinality(scope) > 0),
    basis text not null constraint proxy_grant_basis_is_known check (basis in ('guardian', 'agreed', 'poa')),
    confirmed_by uuid not null,
    starts_at timestamptz not null,
    ends_at timestamptz,
    primary key (clinic_id, grant_id),
    foreign key (clinic_id, account_id) references account,
    foreign key (clinic_id, patient_id) references patient
);
create index proxy_grant_by_account on proxy_grant (clinic_id, account_id);

create table consult (
    clinic_id uuid not null,
    consult_id uuid not null,
    patient_id uuid not null,
    clinician_id uuid,
    starts_at timestamptz,
    state text not null constraint consult_state_is_known
        check (state in ('requested', 'booked', 'held', 'cancelled', 'missed')),
    wishes_sealed bytea,
    revision integer not null default 1,
    created_at timestamptz not null,
    primary key (clinic_id, consult_id),
    foreign key (clinic_id, patient_id) references patient,
    foreign key (clinic_id, clinician_id) references staff,
    constraint consult_booked_has_a_time check (state in ('requested', 'cancelled') or starts_at is not null)
);
create index consult_by_patient on consult (clinic_id, patient_id, starts_at);
create index consult_upcoming on consult (clinic_id, starts_at) where state = 'booked';

-- Intake. Where a row belongs to another row, its key carries the patient along: row-level security trusts the row's own
-- patient_id, so it must be the same all the way down.

create table response (
    clinic_id uuid not null,
    response_id uuid not null,
    patient_id uuid not null,
    questionnaire_url text not null,
    questionnaire_version text not null,
    state text not null constraint response_state_is_known
        check (state in ('draft', 'submitted', 'amending', 'abandoned', 'expired')),
    revision integer not null,
    submitted_revision integer,
    answers_sealed bytea,
    danger text constraint response_danger_is_known check (danger in ('E', 'U')),
    created_by uuid not null,
    created_at timestamptz not null,
    saved_at timestamptz not null,
    expires_at timestamptz,
    primary key (clinic_id, response_id),
    foreign key (clinic_id, patient_id) references patient,
    foreign key (questionnaire_url, questionnaire_version) references questionnaire,
    constraint response_is_of_one_patient unique (clinic_id, response_id, patient_id),
    constraint response_working_copy_exists_while_open
        check ((state in ('draft', 'amending')) = (answers_sealed is not null)),
    constraint response_submitted_has_a_revision
        check (state not in ('submitted', 'amending') or submitted_revision is not null)
);
create unique index response_one_open_draft on response (clinic_id, patient_id, questionnaire_url)
    where state = 'draft';
create index response_by_patient on response (clinic_id, patient_id, created_at desc, response_id);
create index response_due on response (expires_at) where expires_at is not null;

create table response_revision (
    clinic_id uuid not null,
    response_id uuid not null,
    revision integer not null,
    patient_id uuid not null,
    questionnaire_url text not null,
    questionnaire_version text not null,
    answers_sealed bytea not null,
    partial boolean not null,
    dropped text[] not null,
    submitted_by uuid not null,
    submitted_at timestamptz not null,
    primary key (clinic_id, response_id, revision),
    foreign key (clinic_id, response_id, patient_id) references response (clinic_id, response_id, patient_id),
    constraint response_revision_is_of_one_patient unique (clinic_id, response_id, revision, patient_id)
);

create table screening (
    clinic_id uuid not null,
    response_id uuid not null,
    revision integer not null,
    patient_id uuid not null,
    rule_set_slug text not null,
    rule_set_version text not null,
    engine_version text not null,
    as_of date not null,
    disposition text not null constraint screening_disposition_is_known
        check (disposition in ('seek_care_now', 'call_before_booking', 'needs_review', 'possible_candidate')),
    urgency text not null constraint screening_urgency_is_known
        check (urgency in ('emergency', 'call_now', 'same_day', 'routine')),
    signed boolean not null,
    settings text not null,
    screened_at timestamptz not null,
    primary key (clinic_id, response_id, revision),
    foreign key (clinic_id, response_id, revision, patient_id)
        references response_revision (clinic_id, response_id, revision, patient_id),
    constraint screening_is_of_one_patient unique (clinic_id, response_id, revision, patient_id)
);

create table finding (
    clinic_id uuid not null,
    response_id uuid not null,
    revision integer not null,
    rule text not null,
    patient_id uuid not null,
    state text not null constraint finding_state_is_known check (state in ('fired', 'not_fired', 'not_evaluable')),
    effect text not null,
    severity text not null,
    link_ids text[] not null,
    missing text[] not null,
    primary key (clinic_id, response_id, revision, rule),
    foreign key (clinic_id, response_id, revision, patient_id)
        references screening (clinic_id, response_id, revision, patient_id)
);

-- Review.

create table review (
    clinic_id uuid not null,
    review_id uuid not null,
    response_id uuid not null,
    patient_id uuid not null,
    state text not null constraint review_state_is_known check (state in ('queued', 'claimed', 'waiting', 'decided')),
    disposition text not null,
    urgency text not null constraint review_urgency_is_known
        check (urgency in ('emergency', 'call_now', 'same_day', 'routine')),
    urgency_rank smallint not null,
    consult_at timestamptz,
    consult_key timestamptz not null generated always as (coalesce(consult_at, 'infinity'::timestamptz)) stored,
    queued_at timestamptz not null,
    response_revision integer not null,
    clinician_id uuid,
    claimed_at timestamptz,
    claim_until timestamptz,
    due_at timestamptz,
    lead_at timestamptz,
    revision integer not null,
    primary key (clinic_id, review_id),
    foreign key (clinic_id, response_id, patient_id) references response (clinic_id, response_id, patient_id),
    foreign key (clinic_id, clinician_id) references staff,
    constraint review_one_per_response unique (clinic_id, response_id),
    constraint review_is_of_one_patient unique (clinic_id, review_id, patient_id),
    constraint review_claimed_by_somebody
        check (state not in ('claimed', 'waiting') or clinician_id is not null)
);
create index review_queue on review (clinic_id, state, urgency_rank, consult_key, queued_at, review_id);
create index review_queue_by_clinician on review (clinic_id, clinician_id, state, urgency_rank, consult_key, queued_at, review_id);
create index review_by_patient on review (clinic_id, patient_id);
create index review_due on review (due_at) where due_at is not null;
create index review_lead_due on review (lead_at) where lead_at is not null;
create index review_claim_due on review (claim_until) where claim_until is not null;

create table review_event (
    clinic_id uuid not null,
    event_id uuid not null,
    review_id uuid not null,
    patient_id uuid not null,
    revision integer not null,
    kind text not null,
    actor_id uuid,
    at timestamptz not null,
    decision text,
    disposition text,
    rule_set_slug text,
    rule_set_version text,
    rules text[] not null default '{}',
    is_override boolean not null default false,
    reason_code text,
    reason_sealed bytea,
    told_patient boolean,
    spoke_to_patient boolean,
    primary key (clinic_id, event_id),
    foreign key (clinic_id, review_id, patient_id) references review (clinic_id, review_id, patient_id)
);
create index review_event_by_review on review_event (clinic_id, review_id, at);
create index review_event_overrides on review_event (clinic_id, rule_set_slug, rule_set_version) where is_override;

-- What a clinician decided, as the patient may read it.
create table decision (
    clinic_id uuid not null,
    response_id uuid not null,
    decision_id uuid not null,
    response_revision integer not null,
    patient_id uuid not null,
    decision text not null constraint decision_is_known
        check (decision in ('proceed', 'needs_information', 'refer', 'not_suitable')),
    sentence_sealed bytea,
    told_patient boolean not null,
    decided_by uuid not null,
    decided_at timestamptz not null,
    primary key (clinic_id, response_id, decision_id),
    foreign key (clinic_id, response_id, patient_id) references response (clinic_id, response_id, patient_id)
);

-- Escalation.

create table escalation (
    clinic_id uuid not null,
    escalation_id uuid not null,
    patient_id uuid not null,
    subject_kind text not null constraint escalation_subject_is_known check (subject_kind in ('thread', 'response')),
    subject_id uuid not null,
    level text not null constraint escalation_level_is_known
        check (level in ('emergency', 'call_now', 'same_day', 'routine')),
    level_rank smallint not null generated always as (
        case level when 'emergency' then 0 when 'call_now' then 1 when 'same_day' then 2 else 3 end) stored,
    state text not null constraint escalation_state_is_known check (state in ('raised', 'acknowledged', 'resolved')),
    cause text not null constraint escalation_cause_is_known check (cause in ('red_flag', 'triage', 'late_review')),
    rules text[] not null,
    rule_set_version text not null,
    rung smallint not null,
    deadline timestamptz,
    raised_at timestamptz not null,
    acknowledged_by uuid,
    acknowledged_at timestamptz,
    resolved_by uuid,
    resolved_at timestamptz,
    outcome text constraint escalation_outcome_is_known check (outcome in (
        'spoke', 'left_message', 'sent_to_emergency', 'visit_arranged', 'advised_by_message', 'not_needed')),
    primary key (clinic_id, escalation_id),
    foreign key (clinic_id, patient_id) references patient,
    constraint escalation_is_of_one_patient unique (clinic_id, escalation_id, patient_id),
    constraint escalation_unresolved_has_a_deadline check ((state = 'resolved') = (deadline is null)),
    constraint escalation_acknowledged_by_somebody check (state <> 'acknowledged' or acknowledged_by is not null),
    constraint escalation_resolved_by_somebody check (state <> 'resolved' or resolved_by is not null)
);
create unique index escalation_one_unresolved_per_subject on escalation (clinic_id, subject_kind, subject_id)
    where state <> 'resolved';
create index escalation_by_patient on escalation (clinic_id, patient_id);
create index escalation_open on escalation (clinic_id, level_rank, deadline, escalation_id) where state <> 'resolved';
create index escalation_resolved on escalation (clinic_id, resolved_at desc, escalation_id desc) where state = 'resolved';
create index escalation_due on escalation (deadline) where deadline is not null;

create table escalation_event (
    clinic_id uuid not null,
    event_id uuid not null,
    escalation_id uuid not null,
    patient_id uuid not null,
    kind text not null,
    level text not null,
    rung smallint not null,
    rules text[] not null default '{}',
    rule_set_version text,
    outcome text,
    actor_id uuid,
    at timestamptz not null,
    note_sealed bytea,
    primary key (clinic_id, event_id),
    foreign key (clinic_id, escalation_id, patient_id)
        references escalation (clinic_id, escalation_id, patient_id)
);
create index escalation_event_by_escalation on escalation_event (clinic_id, escalation_id, at);

-- Outbox and audit.

create table notification (
    clinic_id uuid not null references clinic,
    notification_id uuid not null,
    kind text not null,
    recipient text not null,
    dedupe_key text not null,
    due_at timestamptz,
    attempts smallint not null default 0,
    sent_at timestamptz,
    error_code text,
    created_at timestamptz not null,
    primary key (clinic_id, notification_id),
    constraint notification_once_per_cause unique (clinic_id, dedupe_key)
);
create index notification_due on notification (due_at) where due_at is not null;

create table audit_event (
    clinic_id uuid not null references clinic,
    event_id bigint not null generated always as identity,
    xact xid8 not null default pg_current_xact_id(),
    at timestamptz not null,
    actor_kind text not null,
    actor_id text,
    hat text,
    on_behalf_of uuid,
    patient_id uuid,
    action text not null,
    object_kind text not null,
    object_id text,
    outcome text not null,
    request_id text not null,
    peer text,
    fold_key text,
    primary key (clinic_id, event_id)
);
create unique index audit_event_folds on audit_event (clinic_id, fold_key) where fold_key is not null;
create index audit_event_by_patient on audit_event (clinic_id, patient_id, event_id) where patient_id is not null;

-- Row-level security. `staff` and `worker` see their clinic; each patient policy names what a patient may do. A comparison
-- of the context alone stands wholly inside its `(select …)`: outside, the planner would take it for one row in a hundred
-- and sort small tables instead of reading their indexes.

do $$
declare
    name text;
begin
    foreach name in array array[
        'clinic_setting', 'clinic_key', 'signature', 'patient', 'patient_key', 'account', 'staff', 'credential',
        'session', 'proxy_grant', 'consult', 'response', 'response_revision', 'screening', 'finding', 'review',
        'review_event', 'decision', 'escalation', 'escalation_event', 'notification', 'audit_event']
    loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format(
            'create policy %I on %I using (clinic_id = (select app_clinic()) and (select app_kind() in (''staff'', ''worker'')))'
            ' with check (clinic_id = (select app_clinic()) and (select app_kind() in (''staff'', ''worker'')))',
            name || '_within_clinic', name);
    end loop;
    -- What a patient may read and change: rows about the patients this account may act for now.
    foreach name in array array[
        'consult', 'response', 'response_revision', 'screening', 'finding', 'review', 'escalation']
    loop
        execute format(
            'create policy %I on %I using (clinic_id = (select app_clinic()) and (select app_kind() = ''patient'')'
            ' and patient_id = any ((select app_patients())::uuid[]))'
            ' with check (clinic_id = (select app_clinic()) and (select app_kind() = ''patient'')'
            ' and patient_id = any ((select app_patients())::uuid[]))',
            name || '_of_patient', name);
    end loop;
    -- What a patient may read only.
    foreach name in array array['patient', 'patient_key', 'decision', 'audit_event']
    loop
        execute format(
            'create policy %I on %I for select using (clinic_id = (select app_clinic())'
            ' and (select app_kind() = ''patient'') and patient_id = any ((select app_patients())::uuid[]))',
            name || '_read_by_patient', name);
    end loop;
    -- What a patient''s act leaves behind but cannot read: the staff''s ledgers.
    foreach name in array array['review_event', 'escalation_event', 'audit_event']
    loop
        execute format(
            'create policy %I on %I for insert with check (clinic_id = (select app_clinic())'
            ' and (select app_kind() = ''patient'') and patient_id = any ((select app_patients())::uuid[]))',
            name || '_left_by_patient', name);
    end loop;
    -- The clinic''s own settings, keys and signatures hold no people; every kind inside the clinic reads them.
    foreach name in array array['clinic_setting', 'clinic_key', 'signature']
    loop
        execute format(
            'create policy %I on %I for select using (clinic_id = (select app_clinic())'
            ' and (select app_kind() in (''patient'', ''anonymous'')))', name || '_read_in_clinic', name);
    end loop;
end
$$;

-- Sign-in: before anyone is known, the context names exactly one account or one session token.
create policy account_signing_in on account for select
    using (clinic_id = (select app_clinic()) and (select app_kind() in ('anonymous', 'patient'))
        and account_id::text = (select app_actor()));
create policy staff_signing_in on staff for select
    using (clinic_id = (select app_clinic()) and (select app_kind() in ('anonymous', 'patient'))
        and account_id::text = (select app_actor()));
create policy credential_signing_in on credential
    using (clinic_id = (select app_clinic()) and (select app_kind() in ('anonymous', 'patient'))
        and account_id::text = (select app_actor()));
create policy proxy_grant_signing_in on proxy_grant for select
    using (clinic_id = (select app_clinic()) and (select app_kind() in ('anonymous', 'patient'))
        and account_id::text = (select app_actor()));
create policy session_of_account on session
    using (clinic_id = (select app_clinic()) and (select app_kind() in ('anonymous', 'patient'))
        and account_id::text = (select app_actor()));
create policy session_by_token on session for select
    using (clinic_id = (select app_clinic()) and (select app_kind() = 'anonymous')
        and token_hash = (select app_actor()));
create policy notification_left_by_patient on notification for insert
    with check (clinic_id = (select app_clinic()) and (select app_kind() in ('patient', 'anonymous')));
create policy audit_event_left_at_the_door on audit_event for insert
    with check (clinic_id = (select app_clinic()) and (select app_kind() in ('patient', 'anonymous'))
        and patient_id is null);
-- A patient may be linked to nobody yet: the names of the patients an account acts for are read when it signs in.
create policy patient_signing_in on patient for select
    using (clinic_id = (select app_clinic()) and (select app_kind() = 'anonymous')
        and patient_id = any ((select app_patients())::uuid[]));

-- Who is behind a token, in one round trip. A request knows only its clinic and token: the context narrows from the token
-- to the account that holds it and to the patients that account may act for at that instant. Runs with the caller's own
-- rights, so it reads what row-level security lets that account read, and nothing when the token is of no living session.
create function visit_by_token(held_token text, at timestamptz)
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
    perform set_config('app.patients', coalesce(acts_for, '{}')::text, true);
    return query
    with link as (
        select p.patient_id, p.name, 'self' as relation, array['intake', 'messages', 'record'] as scope
        from account a join patient p on p.clinic_id = a.clinic_id and p.patient_id = a.patient_id
        where a.clinic_id = app_clinic() and a.account_id = holder
        union all
        select p.patient_id, p.name, g.basis, g.scope
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
    where s.clinic_id = app_clinic() and s.token_hash = held_token;
end
$$;

-- The worker's role sees, while it has no clinic, which rows are due; it changes nothing without one, and within a
-- clinic sees that clinic only.
create policy escalation_due_for_worker on escalation for select to portico_worker
    using ((select app_clinic()) is null and deadline is not null);
create policy notification_due_for_worker on notification for select to portico_worker
    using ((select app_clinic()) is null and due_at is not null);
create policy response_due_for_worker on response for select to portico_worker
    using ((select app_clinic()) is null and expires_at is not null);
create policy review_due_for_worker on review for select to portico_worker
    using ((select app_clinic()) is null and state <> 'decided');

grant select, insert, update on
    clinic_setting, clinic_key, signature, patient, patient_key, account, staff, credential, session, proxy_grant,
    consult, response, response_revision, screening, finding, review, decision, escalation, notification
    to portico_app;
grant select, insert on review_event, escalation_event, audit_event to portico_app;
revoke update on response_revision, screening, finding, decision, signature from portico_app;
grant select, update (signed_by, signed_at, digest) on signature to portico_app;
grant select on clinic, questionnaire, rule_set to portico_app;
grant insert, update (withdrawn_at) on questionnaire, rule_set to portico_app;
grant insert on clinic to portico_app;
grant select, insert, update, delete on rate_limit to portico_app;
grant select, insert, delete on sign_in to portico_app;

-- It never holds a patient's key, and reads no sealed column but the pages' addresses of staff.
grant select on clinic, clinic_setting, clinic_key, signature, questionnaire, rule_set, account, staff, proxy_grant,
    screening, finding, review, escalation, notification to portico_worker;
grant select (clinic_id, patient_id, name, born_on, clinic_number, state, created_at) on patient to portico_worker;
grant select (clinic_id, consult_id, patient_id, clinician_id, starts_at, state, revision, created_at)
    on consult to portico_worker;
grant select (clinic_id, response_id, decision_id, response_revision, patient_id, decision, told_patient, decided_by,
    decided_at) on decision to portico_worker;
grant select (clinic_id, response_id, patient_id, questionnaire_url, questionnaire_version, state, revision,
    submitted_revision, danger, created_by, created_at, saved_at, expires_at) on response to portico_worker;
grant update on response, review, escalation, notification to portico_worker;
grant insert on review_event, escalation, escalation_event, notification, audit_event to portico_worker;
grant select (clinic_id, event_id, fold_key) on audit_event to portico_worker;
grant delete on rate_limit to portico_worker;
grant select on rate_limit to portico_worker;
