-- The schema as the migrations make it. Written by `make snapshot`, checked by the tests.

CREATE FUNCTION public.app_actor() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN NULLIF(current_setting('app.actor'::text, true), ''::text);

CREATE FUNCTION public.app_clinic() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (NULLIF(current_setting('app.clinic'::text, true), ''::text))::uuid;

CREATE FUNCTION public.app_kind() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN NULLIF(current_setting('app.kind'::text, true), ''::text);

CREATE FUNCTION public.app_patients() RETURNS uuid[]
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (NULLIF(current_setting('app.patients'::text, true), ''::text))::uuid[];

CREATE FUNCTION public.visit_by_token(held_token text, at timestamp with time zone) RETURNS TABLE(session_id uuid, account_id uuid, name text, clinic_name text, clinic_phone text, zone text, state text, hat text, last_seen_at timestamp with time zone, expires_at timestamp with time zone, is_patient boolean, is_proxy boolean, staff_roles text[], links text)
    LANGUAGE plpgsql
    AS $$
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

CREATE TABLE public.account (
    clinic_id uuid NOT NULL,
    account_id uuid NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    patient_id uuid,
    state text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    language text DEFAULT 'en'::text NOT NULL,
    CONSTRAINT account_language_is_known CHECK ((language = ANY (ARRAY['en'::text, 'es'::text]))),
    CONSTRAINT account_state_is_known CHECK ((state = ANY (ARRAY['active'::text, 'disabled'::text])))
);

ALTER TABLE ONLY public.account FORCE ROW LEVEL SECURITY;

CREATE TABLE public.account_contact (
    clinic_id uuid NOT NULL,
    account_id uuid NOT NULL,
    phone_sealed bytea
);

ALTER TABLE ONLY public.account_contact FORCE ROW LEVEL SECURITY;

CREATE TABLE public.account_name_change (
    clinic_id uuid NOT NULL,
    change_id uuid NOT NULL,
    account_id uuid NOT NULL,
    place bigint NOT NULL,
    name text NOT NULL,
    changed_by uuid NOT NULL,
    changed_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.account_name_change FORCE ROW LEVEL SECURITY;

ALTER TABLE public.account_name_change ALTER COLUMN place ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.account_name_change_place_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);

CREATE TABLE public.assignment (
    clinic_id uuid NOT NULL,
    assignment_id uuid NOT NULL,
    thread_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    assigned_to uuid,
    assigned_by uuid NOT NULL,
    reason_sealed bytea,
    assigned_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.assignment FORCE ROW LEVEL SECURITY;

CREATE TABLE public.attachment (
    clinic_id uuid NOT NULL,
    attachment_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    state text NOT NULL,
    media_type text NOT NULL,
    size integer NOT NULL,
    name_sealed bytea,
    digest bytea NOT NULL,
    blob_key text NOT NULL,
    key_sealed bytea,
    scan_key_sealed bytea,
    uploaded_by uuid NOT NULL,
    holder_kind text,
    holder_id uuid,
    created_at timestamp with time zone NOT NULL,
    orphan_at timestamp with time zone,
    scan_at timestamp with time zone,
    scan_tries smallint DEFAULT 0 NOT NULL,
    erase_at timestamp with time zone,
    due_at timestamp with time zone GENERATED ALWAYS AS (LEAST(orphan_at, scan_at, erase_at)) STORED,
    CONSTRAINT attachment_held_is_no_orphan CHECK (((holder_id IS NULL) OR (orphan_at IS NULL))),
    CONSTRAINT attachment_holder_is_known CHECK ((holder_kind = ANY (ARRAY['message'::text, 'response'::text]))),
    CONSTRAINT attachment_holder_is_whole CHECK (((holder_kind IS NULL) = (holder_id IS NULL))),
    CONSTRAINT attachment_is_named_while_it_is_there CHECK (((state = 'rejected'::text) OR (name_sealed IS NOT NULL))),
    CONSTRAINT attachment_media_type_is_known CHECK ((media_type = ANY (ARRAY['image/jpeg'::text, 'image/png'::text, 'image/webp'::text, 'application/pdf'::text, 'text/plain'::text]))),
    CONSTRAINT attachment_rejected_cannot_be_read CHECK (((state = 'rejected'::text) = (key_sealed IS NULL))),
    CONSTRAINT attachment_state_is_known CHECK ((state = ANY (ARRAY['received'::text, 'quarantined'::text, 'clean'::text, 'rejected'::text]))),
    CONSTRAINT attachment_waits_for_the_scanner CHECK ((((state = 'quarantined'::text) = (scan_key_sealed IS NOT NULL)) AND ((state = 'quarantined'::text) = (scan_at IS NOT NULL))))
);

ALTER TABLE ONLY public.attachment FORCE ROW LEVEL SECURITY;

CREATE TABLE public.audit_event (
    clinic_id uuid NOT NULL,
    event_id bigint NOT NULL,
    xact xid8 DEFAULT pg_current_xact_id() NOT NULL,
    at timestamp with time zone NOT NULL,
    actor_kind text NOT NULL,
    actor_id text,
    hat text,
    on_behalf_of uuid,
    patient_id uuid,
    action text NOT NULL,
    object_kind text NOT NULL,
    object_id text,
    outcome text NOT NULL,
    request_id text NOT NULL,
    peer text,
    fold_key text
);

ALTER TABLE ONLY public.audit_event FORCE ROW LEVEL SECURITY;

ALTER TABLE public.audit_event ALTER COLUMN event_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.audit_event_event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.check_in_due (
    clinic_id uuid NOT NULL,
    procedure_id uuid NOT NULL,
    day smallint NOT NULL,
    patient_id uuid NOT NULL,
    state text NOT NULL,
    due_at timestamp with time zone NOT NULL,
    CONSTRAINT check_in_due_state_is_known CHECK ((state = ANY (ARRAY['waiting'::text, 'reminded'::text, 'skipped'::text])))
);

ALTER TABLE ONLY public.check_in_due FORCE ROW LEVEL SECURITY;

CREATE TABLE public.clinic (
    clinic_id uuid NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    zone text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT clinic_slug_is_plain CHECK ((slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'::text))
);

CREATE TABLE public.clinic_key (
    clinic_id uuid NOT NULL,
    key_id uuid NOT NULL,
    wrapping_key text NOT NULL,
    wrapped bytea NOT NULL,
    created_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.clinic_key FORCE ROW LEVEL SECURITY;

CREATE TABLE public.clinic_opening (
    clinic_id uuid NOT NULL,
    opening_id uuid NOT NULL,
    opened_by uuid NOT NULL,
    opened_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.clinic_opening FORCE ROW LEVEL SECURITY;

CREATE TABLE public.clinic_setting (
    clinic_id uuid NOT NULL,
    key text NOT NULL,
    value text,
    confirmed_by uuid,
    confirmed_at timestamp with time zone,
    changed_at timestamp with time zone NOT NULL,
    changed_by uuid,
    confirmed_value text,
    CONSTRAINT clinic_setting_is_confirmed_by_somebody CHECK (((confirmed_by IS NULL) = (confirmed_at IS NULL)))
);

ALTER TABLE ONLY public.clinic_setting FORCE ROW LEVEL SECURITY;

CREATE TABLE public.clinic_setting_event (
    clinic_id uuid NOT NULL,
    event_id uuid NOT NULL,
    key text NOT NULL,
    kind text NOT NULL,
    value text,
    actor_id uuid,
    at timestamp with time zone NOT NULL,
    CONSTRAINT clinic_setting_event_kind_is_known CHECK ((kind = ANY (ARRAY['set'::text, 'confirm'::text])))
);

ALTER TABLE ONLY public.clinic_setting_event FORCE ROW LEVEL SECURITY;

CREATE TABLE public.closure (
    clinic_id uuid NOT NULL,
    closure_id uuid NOT NULL,
    thread_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    sentence_sealed bytea NOT NULL,
    closed_by uuid NOT NULL,
    closed_by_name text NOT NULL,
    closed_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.closure FORCE ROW LEVEL SECURITY;

CREATE TABLE public.consult (
    clinic_id uuid NOT NULL,
    consult_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    clinician_id uuid,
    starts_at timestamp with time zone,
    state text NOT NULL,
    wishes_sealed bytea,
    revision integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT consult_booked_has_a_time CHECK (((state = ANY (ARRAY['requested'::text, 'cancelled'::text])) OR (starts_at IS NOT NULL))),
    CONSTRAINT consult_state_is_known CHECK ((state = ANY (ARRAY['requested'::text, 'booked'::text, 'held'::text, 'cancelled'::text, 'missed'::text])))
);

ALTER TABLE ONLY public.consult FORCE ROW LEVEL SECURITY;

CREATE TABLE public.credential (
    clinic_id uuid NOT NULL,
    account_id uuid NOT NULL,
    password_hash text NOT NULL,
    totp_seed_sealed bytea,
    totp_confirmed_at timestamp with time zone,
    totp_last_step bigint,
    changed_at timestamp with time zone NOT NULL,
    next_seed_sealed bytea
);

ALTER TABLE ONLY public.credential FORCE ROW LEVEL SECURITY;

CREATE TABLE public.decision (
    clinic_id uuid NOT NULL,
    response_id uuid NOT NULL,
    decision_id uuid NOT NULL,
    response_revision integer NOT NULL,
    patient_id uuid NOT NULL,
    decision text NOT NULL,
    sentence_sealed bytea,
    told_patient boolean NOT NULL,
    decided_by uuid NOT NULL,
    decided_at timestamp with time zone NOT NULL,
    CONSTRAINT decision_is_known CHECK ((decision = ANY (ARRAY['proceed'::text, 'needs_information'::text, 'refer'::text, 'not_suitable'::text])))
);

ALTER TABLE ONLY public.decision FORCE ROW LEVEL SECURITY;

CREATE TABLE public.draft (
    clinic_id uuid NOT NULL,
    thread_id uuid NOT NULL,
    account_id uuid NOT NULL,
    hat text NOT NULL,
    patient_id uuid NOT NULL,
    message_id uuid,
    topic text,
    subject_sealed bytea,
    body_sealed bytea,
    attachments uuid[] NOT NULL,
    saved_at timestamp with time zone NOT NULL,
    CONSTRAINT draft_hat_is_known CHECK ((hat = ANY (ARRAY['patient'::text, 'staff'::text])))
);

ALTER TABLE ONLY public.draft FORCE ROW LEVEL SECURITY;

CREATE TABLE public.email_change (
    clinic_id uuid NOT NULL,
    change_id uuid NOT NULL,
    account_id uuid NOT NULL,
    new_email text NOT NULL,
    code_hash text NOT NULL,
    state text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT email_change_state_is_known CHECK ((state = ANY (ARRAY['open'::text, 'confirmed'::text, 'withdrawn'::text])))
);

ALTER TABLE ONLY public.email_change FORCE ROW LEVEL SECURITY;

CREATE TABLE public.escalation (
    clinic_id uuid NOT NULL,
    escalation_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    subject_kind text NOT NULL,
    subject_id uuid NOT NULL,
    level text NOT NULL,
    level_rank smallint GENERATED ALWAYS AS (
CASE level
    WHEN 'emergency'::text THEN 0
    WHEN 'call_now'::text THEN 1
    WHEN 'same_day'::text THEN 2
    ELSE 3
END) STORED NOT NULL,
    state text NOT NULL,
    cause text NOT NULL,
    rules text[] NOT NULL,
    rule_set_version text NOT NULL,
    rung smallint NOT NULL,
    deadline timestamp with time zone,
    raised_at timestamp with time zone NOT NULL,
    acknowledged_by uuid,
    acknowledged_at timestamp with time zone,
    resolved_by uuid,
    resolved_at timestamp with time zone,
    outcome text,
    waiting_since timestamp with time zone DEFAULT now() NOT NULL,
    link_ids text[] DEFAULT '{}'::text[] NOT NULL,
    CONSTRAINT escalation_acknowledged_by_somebody CHECK (((state <> 'acknowledged'::text) OR (acknowledged_by IS NOT NULL))),
    CONSTRAINT escalation_cause_is_known CHECK ((cause = ANY (ARRAY['red_flag'::text, 'triage'::text, 'late_review'::text, 'unread'::text]))),
    CONSTRAINT escalation_level_is_known CHECK ((level = ANY (ARRAY['emergency'::text, 'call_now'::text, 'same_day'::text, 'routine'::text]))),
    CONSTRAINT escalation_outcome_is_known CHECK ((outcome = ANY (ARRAY['spoke'::text, 'left_message'::text, 'sent_to_emergency'::text, 'visit_arranged'::text, 'advised_by_message'::text, 'not_needed'::text]))),
    CONSTRAINT escalation_resolved_by_somebody CHECK (((state <> 'resolved'::text) OR (resolved_by IS NOT NULL))),
    CONSTRAINT escalation_state_is_known CHECK ((state = ANY (ARRAY['raised'::text, 'acknowledged'::text, 'resolved'::text]))),
    CONSTRAINT escalation_subject_is_known CHECK ((subject_kind = ANY (ARRAY['thread'::text, 'response'::text]))),
    CONSTRAINT escalation_unresolved_has_a_deadline CHECK (((state = 'resolved'::text) = (deadline IS NULL)))
);

ALTER TABLE ONLY public.escalation FORCE ROW LEVEL SECURITY;

CREATE TABLE public.escalation_event (
    clinic_id uuid NOT NULL,
    event_id uuid NOT NULL,
    escalation_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    kind text NOT NULL,
    level text NOT NULL,
    rung smallint NOT NULL,
    rules text[] DEFAULT '{}'::text[] NOT NULL,
    rule_set_version text,
    outcome text,
    actor_id uuid,
    at timestamp with time zone NOT NULL,
    note_sealed bytea,
    missed text,
    CONSTRAINT escalation_event_missed_is_known CHECK ((missed = ANY (ARRAY['acknowledgement'::text, 'contact'::text])))
);

ALTER TABLE ONLY public.escalation_event FORCE ROW LEVEL SECURITY;

CREATE TABLE public.factor_recovery (
    clinic_id uuid NOT NULL,
    recovery_id uuid NOT NULL,
    account_id uuid NOT NULL,
    state text NOT NULL,
    needs smallint NOT NULL,
    confirmed_by uuid NOT NULL,
    confirmed_at timestamp with time zone NOT NULL,
    reason_sealed bytea NOT NULL,
    second_by uuid,
    second_at timestamp with time zone,
    second_reason_sealed bytea,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT factor_recovery_by_two_people CHECK ((second_by IS DISTINCT FROM confirmed_by)),
    CONSTRAINT factor_recovery_done_when_confirmed CHECK (((state <> 'done'::text) OR (needs = 1) OR ((second_by IS NOT NULL) AND (second_at IS NOT NULL)))),
    CONSTRAINT factor_recovery_needs_one_or_two CHECK ((needs = ANY (ARRAY[1, 2]))),
    CONSTRAINT factor_recovery_never_by_its_own_account CHECK (((confirmed_by <> account_id) AND (second_by IS DISTINCT FROM account_id))),
    CONSTRAINT factor_recovery_state_is_known CHECK ((state = ANY (ARRAY['open'::text, 'done'::text, 'withdrawn'::text])))
);

ALTER TABLE ONLY public.factor_recovery FORCE ROW LEVEL SECURITY;

CREATE TABLE public.finding (
    clinic_id uuid NOT NULL,
    response_id uuid NOT NULL,
    revision integer NOT NULL,
    rule text NOT NULL,
    patient_id uuid NOT NULL,
    state text NOT NULL,
    effect text NOT NULL,
    severity text NOT NULL,
    link_ids text[] NOT NULL,
    missing text[] NOT NULL,
    CONSTRAINT finding_state_is_known CHECK ((state = ANY (ARRAY['fired'::text, 'not_fired'::text, 'not_evaluable'::text])))
);

ALTER TABLE ONLY public.finding FORCE ROW LEVEL SECURITY;

CREATE TABLE public.identity_change (
    clinic_id uuid NOT NULL,
    change_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    place bigint NOT NULL,
    name text,
    born_on date,
    phone_hmac bytea,
    source text NOT NULL,
    account_id uuid,
    changed_at timestamp with time zone NOT NULL,
    CONSTRAINT identity_change_names_its_person CHECK (((account_id IS NULL) = (source = 'import'::text))),
    CONSTRAINT identity_change_source_is_known CHECK ((source = ANY (ARRAY['self'::text, 'staff'::text, 'import'::text])))
);

ALTER TABLE ONLY public.identity_change FORCE ROW LEVEL SECURITY;

ALTER TABLE public.identity_change ALTER COLUMN place ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.identity_change_place_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.invitation (
    clinic_id uuid NOT NULL,
    invitation_id uuid NOT NULL,
    kind text NOT NULL,
    state text NOT NULL,
    token_hash text NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    born_on date,
    patient_id uuid,
    roles text[] DEFAULT '{}'::text[] NOT NULL,
    tries smallint DEFAULT 0 NOT NULL,
    sendings smallint DEFAULT 1 NOT NULL,
    invited_by uuid,
    account_id uuid,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    accepted_at timestamp with time zone,
    CONSTRAINT invitation_accepted_became_an_account CHECK (((state <> 'accepted'::text) OR ((account_id IS NOT NULL) AND (accepted_at IS NOT NULL)))),
    CONSTRAINT invitation_asks_for_a_birth_date CHECK (((kind = 'staff'::text) OR (born_on IS NOT NULL))),
    CONSTRAINT invitation_kind_is_known CHECK ((kind = ANY (ARRAY['patient'::text, 'staff'::text, 'registration'::text]))),
    CONSTRAINT invitation_of_a_patient_names_one CHECK (((kind <> 'patient'::text) OR (patient_id IS NOT NULL))),
    CONSTRAINT invitation_of_staff_has_roles CHECK (((kind = 'staff'::text) = (cardinality(roles) > 0))),
    CONSTRAINT invitation_roles_are_known CHECK ((roles <@ ARRAY['clinician'::text, 'nurse'::text, 'front_desk'::text, 'admin'::text])),
    CONSTRAINT invitation_state_is_known CHECK ((state = ANY (ARRAY['open'::text, 'accepted'::text, 'withdrawn'::text, 'burnt'::text])))
);

ALTER TABLE ONLY public.invitation FORCE ROW LEVEL SECURITY;

CREATE TABLE public.level_change (
    clinic_id uuid NOT NULL,
    message_id uuid NOT NULL,
    number smallint NOT NULL,
    thread_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    level_before text NOT NULL,
    level_after text NOT NULL,
    reason_sealed bytea NOT NULL,
    changed_by uuid NOT NULL,
    changed_by_name text NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    CONSTRAINT level_change_level_is_known CHECK ((level_after = ANY (ARRAY['emergency'::text, 'call_now'::text, 'same_day'::text, 'routine'::text])))
);

ALTER TABLE ONLY public.level_change FORCE ROW LEVEL SECURITY;

CREATE TABLE public.message (
    clinic_id uuid NOT NULL,
    message_id uuid NOT NULL,
    thread_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    seq integer NOT NULL,
    kind text NOT NULL,
    author_id uuid NOT NULL,
    author_name text NOT NULL,
    author_role text NOT NULL,
    on_behalf_of uuid,
    from_patient boolean NOT NULL,
    body_sealed bytea,
    content_digest bytea NOT NULL,
    reply_to uuid,
    attachments uuid[] NOT NULL,
    response_id uuid,
    level text NOT NULL,
    rules text[] NOT NULL,
    spans text NOT NULL,
    reader_version text,
    guidance_keys text[] NOT NULL,
    sent_at timestamp with time zone NOT NULL,
    read_due_at timestamp with time zone,
    CONSTRAINT message_author_role_is_known CHECK ((author_role = ANY (ARRAY['patient'::text, 'proxy'::text, 'clinician'::text, 'nurse'::text, 'front_desk'::text, 'admin'::text]))),
    CONSTRAINT message_check_in_has_a_response CHECK (((kind = 'check_in'::text) = (response_id IS NOT NULL))),
    CONSTRAINT message_kind_is_known CHECK ((kind = ANY (ARRAY['check_in'::text, 'text'::text]))),
    CONSTRAINT message_level_is_known CHECK ((level = ANY (ARRAY['emergency'::text, 'call_now'::text, 'same_day'::text, 'routine'::text]))),
    CONSTRAINT message_text_has_a_body CHECK (((kind = 'check_in'::text) OR (body_sealed IS NOT NULL)))
);

ALTER TABLE ONLY public.message FORCE ROW LEVEL SECURITY;

CREATE TABLE public.message_reading (
    clinic_id uuid NOT NULL,
    message_id uuid NOT NULL,
    thread_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    sent_at timestamp with time zone NOT NULL,
    read_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.message_reading FORCE ROW LEVEL SECURITY;

CREATE TABLE public.note (
    clinic_id uuid NOT NULL,
    note_id uuid NOT NULL,
    thread_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    author_id uuid NOT NULL,
    author_name text NOT NULL,
    body_sealed bytea NOT NULL,
    written_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.note FORCE ROW LEVEL SECURITY;

CREATE TABLE public.notification (
    clinic_id uuid NOT NULL,
    notification_id uuid NOT NULL,
    kind text NOT NULL,
    recipient text NOT NULL,
    dedupe_key text NOT NULL,
    due_at timestamp with time zone,
    attempts smallint DEFAULT 0 NOT NULL,
    sent_at timestamp with time zone,
    error_code text,
    created_at timestamp with time zone NOT NULL,
    address text,
    link_sealed bytea,
    channel text DEFAULT 'each'::text NOT NULL,
    returned_at timestamp with time zone,
    return_code text,
    CONSTRAINT notification_channel_is_known CHECK ((channel = ANY (ARRAY['each'::text, 'mail'::text, 'page'::text, 'webhook'::text]))),
    CONSTRAINT notification_link_goes_to_an_address CHECK (((link_sealed IS NULL) OR (address IS NOT NULL))),
    CONSTRAINT notification_link_is_kept_only_until_sent CHECK (((link_sealed IS NULL) OR (due_at IS NOT NULL))),
    CONSTRAINT notification_return_code_is_a_status CHECK ((return_code ~ '^[45]\.[0-9]{1,3}\.[0-9]{1,3}$'::text)),
    CONSTRAINT notification_returned_with_a_code CHECK (((returned_at IS NULL) = (return_code IS NULL)))
);

ALTER TABLE ONLY public.notification FORCE ROW LEVEL SECURITY;

CREATE TABLE public.notification_choice (
    clinic_id uuid NOT NULL,
    account_id uuid NOT NULL,
    off text[] NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    CONSTRAINT notification_choice_is_known CHECK ((off <@ ARRAY['message'::text, 'reminder'::text, 'decision'::text]))
);

ALTER TABLE ONLY public.notification_choice FORCE ROW LEVEL SECURITY;

CREATE TABLE public.page_test (
    clinic_id uuid NOT NULL,
    test_id uuid NOT NULL,
    account_id uuid NOT NULL,
    channel text NOT NULL,
    state text NOT NULL,
    requested_by uuid NOT NULL,
    requested_at timestamp with time zone NOT NULL,
    confirmed_by uuid,
    confirmed_at timestamp with time zone,
    CONSTRAINT page_test_channel_is_known CHECK ((channel = ANY (ARRAY['mail'::text, 'webhook'::text]))),
    CONSTRAINT page_test_confirmed_by_somebody CHECK (((state <> 'confirmed'::text) OR ((confirmed_by IS NOT NULL) AND (confirmed_at IS NOT NULL)))),
    CONSTRAINT page_test_state_is_known CHECK ((state = ANY (ARRAY['sent'::text, 'confirmed'::text, 'void'::text])))
);

ALTER TABLE ONLY public.page_test FORCE ROW LEVEL SECURITY;

CREATE TABLE public.password_reset (
    clinic_id uuid NOT NULL,
    reset_id uuid NOT NULL,
    account_id uuid NOT NULL,
    token_hash text NOT NULL,
    state text NOT NULL,
    requested_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT password_reset_state_is_known CHECK ((state = ANY (ARRAY['open'::text, 'used'::text, 'withdrawn'::text])))
);

ALTER TABLE ONLY public.password_reset FORCE ROW LEVEL SECURITY;

CREATE TABLE public.patient (
    clinic_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    name text NOT NULL,
    born_on date NOT NULL,
    clinic_number text,
    state text NOT NULL,
    phone_sealed bytea,
    address_sealed bytea,
    created_at timestamp with time zone NOT NULL,
    verified boolean DEFAULT true NOT NULL,
    phone_hmac bytea,
    CONSTRAINT patient_state_is_known CHECK ((state = ANY (ARRAY['active'::text, 'transferred'::text, 'deceased'::text])))
);

ALTER TABLE ONLY public.patient FORCE ROW LEVEL SECURITY;

CREATE TABLE public.patient_key (
    clinic_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    key_id uuid NOT NULL,
    clinic_key_id uuid NOT NULL,
    wrapped bytea NOT NULL,
    created_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.patient_key FORCE ROW LEVEL SECURITY;

CREATE TABLE public.patient_match (
    clinic_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    other_patient_id uuid NOT NULL,
    state text NOT NULL,
    decided_by uuid NOT NULL,
    decided_at timestamp with time zone NOT NULL,
    CONSTRAINT patient_match_state_is_known CHECK ((state = ANY (ARRAY['linked'::text, 'apart'::text, 'undone'::text])))
);

ALTER TABLE ONLY public.patient_match FORCE ROW LEVEL SECURITY;

CREATE TABLE public.procedure (
    clinic_id uuid NOT NULL,
    procedure_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    state text NOT NULL,
    performed_on date,
    regions text[] NOT NULL,
    tissues text[] NOT NULL,
    hydrodissection boolean,
    guidance text,
    therapy_referral boolean NOT NULL,
    lot_sealed bytea,
    revision integer NOT NULL,
    recorded_by uuid NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT procedure_guidance_is_known CHECK ((guidance = ANY (ARRAY['ultrasound'::text, 'other'::text, 'none'::text]))),
    CONSTRAINT procedure_has_a_region CHECK ((cardinality(regions) > 0)),
    CONSTRAINT procedure_state_is_known CHECK ((state = ANY (ARRAY['recorded'::text, 'entered_in_error'::text])))
);

ALTER TABLE ONLY public.procedure FORCE ROW LEVEL SECURITY;

CREATE TABLE public.proxy_grant (
    clinic_id uuid NOT NULL,
    grant_id uuid NOT NULL,
    account_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    scope text[] NOT NULL,
    basis text NOT NULL,
    confirmed_by uuid NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone,
    proxy_name text DEFAULT ''::text NOT NULL,
    ended_by uuid,
    ended_at timestamp with time zone,
    end_reason text,
    CONSTRAINT proxy_grant_basis_is_known CHECK ((basis = ANY (ARRAY['guardian'::text, 'agreed'::text, 'poa'::text]))),
    CONSTRAINT proxy_grant_end_reason_is_known CHECK ((end_reason = ANY (ARRAY['patient'::text, 'proxy'::text, 'staff'::text]))),
    CONSTRAINT proxy_grant_ended_says_by_whom_and_why CHECK ((((ended_at IS NULL) = (ended_by IS NULL)) AND ((ended_at IS NULL) = (end_reason IS NULL)))),
    CONSTRAINT proxy_grant_scope_is_known CHECK (((scope <@ ARRAY['intake'::text, 'messages'::text, 'record'::text]) AND (cardinality(scope) > 0)))
);

ALTER TABLE ONLY public.proxy_grant FORCE ROW LEVEL SECURITY;

CREATE TABLE public.questionnaire (
    url text NOT NULL,
    version text NOT NULL,
    slug text NOT NULL,
    digest bytea NOT NULL,
    body text NOT NULL,
    published_at timestamp with time zone NOT NULL,
    withdrawn_at timestamp with time zone
);

CREATE UNLOGGED TABLE public.rate_limit (
    key text NOT NULL,
    window_start timestamp with time zone NOT NULL,
    tries integer NOT NULL
);

CREATE TABLE public.read_mark (
    clinic_id uuid NOT NULL,
    thread_id uuid NOT NULL,
    account_id uuid NOT NULL,
    hat text NOT NULL,
    patient_id uuid NOT NULL,
    seq integer NOT NULL,
    read_at timestamp with time zone NOT NULL,
    CONSTRAINT read_mark_hat_is_known CHECK ((hat = ANY (ARRAY['patient'::text, 'staff'::text])))
);

ALTER TABLE ONLY public.read_mark FORCE ROW LEVEL SECURITY;

CREATE TABLE public.recovery_code (
    clinic_id uuid NOT NULL,
    code_id uuid NOT NULL,
    account_id uuid NOT NULL,
    code_hash bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    replaced_at timestamp with time zone
);

ALTER TABLE ONLY public.recovery_code FORCE ROW LEVEL SECURITY;

CREATE TABLE public.response (
    clinic_id uuid NOT NULL,
    response_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    questionnaire_url text NOT NULL,
    questionnaire_version text NOT NULL,
    state text NOT NULL,
    revision integer NOT NULL,
    submitted_revision integer,
    answers_sealed bytea,
    danger text,
    created_by uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    saved_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    kind text DEFAULT 'intake'::text NOT NULL,
    thread_id uuid,
    finish_due_at timestamp with time zone,
    CONSTRAINT response_danger_is_known CHECK ((danger = ANY (ARRAY['E'::text, 'U'::text]))),
    CONSTRAINT response_kind_is_known CHECK ((kind = ANY (ARRAY['intake'::text, 'check_in'::text]))),
    CONSTRAINT response_only_check_ins_have_threads CHECK (((kind = 'check_in'::text) OR (thread_id IS NULL))),
    CONSTRAINT response_state_is_known CHECK ((state = ANY (ARRAY['draft'::text, 'submitted'::text, 'amending'::text, 'abandoned'::text, 'expired'::text]))),
    CONSTRAINT response_submitted_has_a_revision CHECK (((state <> ALL (ARRAY['submitted'::text, 'amending'::text])) OR (submitted_revision IS NOT NULL))),
    CONSTRAINT response_working_copy_exists_while_open CHECK (((state <> ALL (ARRAY['draft'::text, 'amending'::text])) OR (answers_sealed IS NOT NULL))),
    CONSTRAINT response_working_copy_goes_when_it_is_sent_or_expires CHECK (((state <> ALL (ARRAY['submitted'::text, 'expired'::text])) OR (answers_sealed IS NULL)))
);

ALTER TABLE ONLY public.response FORCE ROW LEVEL SECURITY;

CREATE TABLE public.response_revision (
    clinic_id uuid NOT NULL,
    response_id uuid NOT NULL,
    revision integer NOT NULL,
    patient_id uuid NOT NULL,
    questionnaire_url text NOT NULL,
    questionnaire_version text NOT NULL,
    answers_sealed bytea NOT NULL,
    partial boolean NOT NULL,
    dropped text[] NOT NULL,
    submitted_by uuid NOT NULL,
    submitted_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.response_revision FORCE ROW LEVEL SECURITY;

CREATE TABLE public.retraction (
    clinic_id uuid NOT NULL,
    message_id uuid NOT NULL,
    thread_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    reason_sealed bytea NOT NULL,
    retracted_by uuid NOT NULL,
    retracted_by_name text NOT NULL,
    retracted_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.retraction FORCE ROW LEVEL SECURITY;

CREATE TABLE public.review (
    clinic_id uuid NOT NULL,
    review_id uuid NOT NULL,
    response_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    state text NOT NULL,
    disposition text NOT NULL,
    urgency text NOT NULL,
    urgency_rank smallint NOT NULL,
    consult_at timestamp with time zone,
    consult_key timestamp with time zone GENERATED ALWAYS AS (COALESCE(consult_at, 'infinity'::timestamp with time zone)) STORED NOT NULL,
    queued_at timestamp with time zone NOT NULL,
    response_revision integer NOT NULL,
    clinician_id uuid,
    claimed_at timestamp with time zone,
    claim_until timestamp with time zone,
    due_at timestamp with time zone,
    lead_at timestamp with time zone,
    revision integer NOT NULL,
    valid_until timestamp with time zone,
    CONSTRAINT review_claimed_by_somebody CHECK (((state <> ALL (ARRAY['claimed'::text, 'waiting'::text])) OR (clinician_id IS NOT NULL))),
    CONSTRAINT review_grows_old_only_once_decided CHECK (((state = 'decided'::text) OR (valid_until IS NULL))),
    CONSTRAINT review_state_is_known CHECK ((state = ANY (ARRAY['queued'::text, 'claimed'::text, 'waiting'::text, 'decided'::text]))),
    CONSTRAINT review_urgency_is_known CHECK ((urgency = ANY (ARRAY['emergency'::text, 'call_now'::text, 'same_day'::text, 'routine'::text])))
);

ALTER TABLE ONLY public.review FORCE ROW LEVEL SECURITY;

CREATE TABLE public.review_event (
    clinic_id uuid NOT NULL,
    event_id uuid NOT NULL,
    review_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    revision integer NOT NULL,
    kind text NOT NULL,
    actor_id uuid,
    at timestamp with time zone NOT NULL,
    decision text,
    disposition text,
    rule_set_slug text,
    rule_set_version text,
    rules text[] DEFAULT '{}'::text[] NOT NULL,
    is_override boolean DEFAULT false NOT NULL,
    reason_code text,
    reason_sealed bytea,
    told_patient boolean,
    spoke_to_patient boolean
);

ALTER TABLE ONLY public.review_event FORCE ROW LEVEL SECURITY;

CREATE TABLE public.rule_set (
    slug text NOT NULL,
    version text NOT NULL,
    questionnaire_url text NOT NULL,
    questionnaire_version text NOT NULL,
    digest bytea NOT NULL,
    body text NOT NULL,
    published_at timestamp with time zone NOT NULL,
    withdrawn_at timestamp with time zone
);

CREATE TABLE public.screening (
    clinic_id uuid NOT NULL,
    response_id uuid NOT NULL,
    revision integer NOT NULL,
    patient_id uuid NOT NULL,
    rule_set_slug text NOT NULL,
    rule_set_version text NOT NULL,
    engine_version text NOT NULL,
    as_of date NOT NULL,
    disposition text,
    urgency text NOT NULL,
    signed boolean NOT NULL,
    settings text NOT NULL,
    screened_at timestamp with time zone NOT NULL,
    CONSTRAINT screening_disposition_is_known CHECK ((disposition = ANY (ARRAY['seek_care_now'::text, 'call_before_booking'::text, 'needs_review'::text, 'possible_candidate'::text]))),
    CONSTRAINT screening_urgency_is_known CHECK ((urgency = ANY (ARRAY['emergency'::text, 'call_now'::text, 'same_day'::text, 'routine'::text])))
);

ALTER TABLE ONLY public.screening FORCE ROW LEVEL SECURITY;

CREATE TABLE public.session (
    clinic_id uuid NOT NULL,
    session_id uuid NOT NULL,
    account_id uuid NOT NULL,
    token_hash text NOT NULL,
    state text NOT NULL,
    hat text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    authenticated_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    device text DEFAULT 'other/other'::text NOT NULL,
    stepped_up_at timestamp with time zone,
    CONSTRAINT session_hat_is_known CHECK ((hat = ANY (ARRAY['patient'::text, 'staff'::text]))),
    CONSTRAINT session_state_is_known CHECK ((state = ANY (ARRAY['second-factor'::text, 'enrol-second-factor'::text, 'signed-in'::text, 'ended'::text])))
);

ALTER TABLE ONLY public.session FORCE ROW LEVEL SECURITY;

CREATE TABLE public.sign_in (
    email_hmac bytea NOT NULL,
    clinic_id uuid NOT NULL,
    account_id uuid NOT NULL
);

CREATE TABLE public.signature (
    clinic_id uuid NOT NULL,
    kind text NOT NULL,
    key text NOT NULL,
    version text NOT NULL,
    digest bytea NOT NULL,
    signed_by uuid NOT NULL,
    signed_at timestamp with time zone NOT NULL,
    CONSTRAINT signature_kind_is_known CHECK ((kind = ANY (ARRAY['rule_set'::text, 'guidance'::text, 'setting'::text, 'questionnaire'::text])))
);

ALTER TABLE ONLY public.signature FORCE ROW LEVEL SECURITY;

CREATE TABLE public.staff (
    clinic_id uuid NOT NULL,
    account_id uuid NOT NULL,
    roles text[] NOT NULL,
    page_address_sealed bytea,
    CONSTRAINT staff_roles_are_known CHECK (((roles <@ ARRAY['clinician'::text, 'nurse'::text, 'front_desk'::text, 'admin'::text]) AND (cardinality(roles) > 0)))
);

ALTER TABLE ONLY public.staff FORCE ROW LEVEL SECURITY;

CREATE TABLE public.thread (
    clinic_id uuid NOT NULL,
    thread_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    topic text NOT NULL,
    pool text NOT NULL,
    state text NOT NULL,
    subject_sealed bytea NOT NULL,
    content_digest bytea NOT NULL,
    first_message_id uuid NOT NULL,
    last_seq integer NOT NULL,
    level text NOT NULL,
    level_rank smallint GENERATED ALWAYS AS (
CASE level
    WHEN 'emergency'::text THEN 0
    WHEN 'call_now'::text THEN 1
    WHEN 'same_day'::text THEN 2
    ELSE 3
END) STORED NOT NULL,
    danger_from_seq integer,
    assignee_id uuid,
    closure_id uuid,
    opened_by uuid NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    last_at timestamp with time zone NOT NULL,
    waiting_since timestamp with time zone,
    read_by_patient_seq integer DEFAULT 0 NOT NULL,
    read_by_staff_seq integer DEFAULT 0 NOT NULL,
    unread_by_patient_due timestamp with time zone,
    unread_by_staff_due timestamp with time zone,
    CONSTRAINT thread_closed_says_what_next CHECK (((state = 'closed'::text) = (closure_id IS NOT NULL))),
    CONSTRAINT thread_has_a_message CHECK ((last_seq > 0)),
    CONSTRAINT thread_level_is_known CHECK ((level = ANY (ARRAY['emergency'::text, 'call_now'::text, 'same_day'::text, 'routine'::text]))),
    CONSTRAINT thread_pool_is_known CHECK ((pool = ANY (ARRAY['front_desk'::text, 'nurses'::text]))),
    CONSTRAINT thread_state_is_known CHECK ((state = ANY (ARRAY['open'::text, 'closed'::text]))),
    CONSTRAINT thread_topic_is_known CHECK ((topic = ANY (ARRAY['soreness'::text, 'before_visit'::text, 'medicine'::text, 'appointment'::text, 'billing'::text, 'technical'::text, 'other'::text])))
);

ALTER TABLE ONLY public.thread FORCE ROW LEVEL SECURITY;

ALTER TABLE ONLY public.account_contact
    ADD CONSTRAINT account_contact_pkey PRIMARY KEY (clinic_id, account_id);

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_email_is_unique_in_clinic UNIQUE (clinic_id, email);

ALTER TABLE ONLY public.account_name_change
    ADD CONSTRAINT account_name_change_pkey PRIMARY KEY (clinic_id, change_id);

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (clinic_id, account_id);

ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);

ALTER TABLE ONLY public.assignment
    ADD CONSTRAINT assignment_pkey PRIMARY KEY (clinic_id, assignment_id);

ALTER TABLE ONLY public.attachment
    ADD CONSTRAINT attachment_pkey PRIMARY KEY (clinic_id, attachment_id);

ALTER TABLE ONLY public.audit_event
    ADD CONSTRAINT audit_event_pkey PRIMARY KEY (clinic_id, event_id);

ALTER TABLE ONLY public.check_in_due
    ADD CONSTRAINT check_in_due_pkey PRIMARY KEY (clinic_id, procedure_id, day);

ALTER TABLE ONLY public.clinic_key
    ADD CONSTRAINT clinic_key_pkey PRIMARY KEY (clinic_id, key_id);

ALTER TABLE ONLY public.clinic_opening
    ADD CONSTRAINT clinic_opening_pkey PRIMARY KEY (clinic_id, opening_id);

ALTER TABLE ONLY public.clinic
    ADD CONSTRAINT clinic_pkey PRIMARY KEY (clinic_id);

ALTER TABLE ONLY public.clinic_setting_event
    ADD CONSTRAINT clinic_setting_event_pkey PRIMARY KEY (clinic_id, event_id);

ALTER TABLE ONLY public.clinic_setting
    ADD CONSTRAINT clinic_setting_pkey PRIMARY KEY (clinic_id, key);

ALTER TABLE ONLY public.clinic
    ADD CONSTRAINT clinic_slug_is_unique UNIQUE (slug);

ALTER TABLE ONLY public.closure
    ADD CONSTRAINT closure_pkey PRIMARY KEY (clinic_id, closure_id);

ALTER TABLE ONLY public.consult
    ADD CONSTRAINT consult_pkey PRIMARY KEY (clinic_id, consult_id);

ALTER TABLE ONLY public.credential
    ADD CONSTRAINT credential_pkey PRIMARY KEY (clinic_id, account_id);

ALTER TABLE ONLY public.decision
    ADD CONSTRAINT decision_pkey PRIMARY KEY (clinic_id, response_id, decision_id);

ALTER TABLE ONLY public.draft
    ADD CONSTRAINT draft_pkey PRIMARY KEY (clinic_id, thread_id, account_id, hat);

ALTER TABLE ONLY public.email_change
    ADD CONSTRAINT email_change_code_is_unique UNIQUE (clinic_id, code_hash);

ALTER TABLE ONLY public.email_change
    ADD CONSTRAINT email_change_pkey PRIMARY KEY (clinic_id, change_id);

ALTER TABLE ONLY public.escalation_event
    ADD CONSTRAINT escalation_event_pkey PRIMARY KEY (clinic_id, event_id);

ALTER TABLE ONLY public.escalation
    ADD CONSTRAINT escalation_is_of_one_patient UNIQUE (clinic_id, escalation_id, patient_id);

ALTER TABLE ONLY public.escalation
    ADD CONSTRAINT escalation_pkey PRIMARY KEY (clinic_id, escalation_id);

ALTER TABLE ONLY public.factor_recovery
    ADD CONSTRAINT factor_recovery_pkey PRIMARY KEY (clinic_id, recovery_id);

ALTER TABLE ONLY public.finding
    ADD CONSTRAINT finding_pkey PRIMARY KEY (clinic_id, response_id, revision, rule);

ALTER TABLE ONLY public.identity_change
    ADD CONSTRAINT identity_change_pkey PRIMARY KEY (clinic_id, change_id);

ALTER TABLE ONLY public.invitation
    ADD CONSTRAINT invitation_code_is_unique UNIQUE (clinic_id, token_hash);

ALTER TABLE ONLY public.invitation
    ADD CONSTRAINT invitation_pkey PRIMARY KEY (clinic_id, invitation_id);

ALTER TABLE ONLY public.level_change
    ADD CONSTRAINT level_change_pkey PRIMARY KEY (clinic_id, message_id, number);

ALTER TABLE ONLY public.message
    ADD CONSTRAINT message_is_of_one_thread UNIQUE (clinic_id, message_id, thread_id, patient_id);

ALTER TABLE ONLY public.message
    ADD CONSTRAINT message_number_is_unique_in_thread UNIQUE (clinic_id, thread_id, seq);

ALTER TABLE ONLY public.message
    ADD CONSTRAINT message_pkey PRIMARY KEY (clinic_id, message_id);

ALTER TABLE ONLY public.message_reading
    ADD CONSTRAINT message_reading_pkey PRIMARY KEY (clinic_id, message_id);

ALTER TABLE ONLY public.note
    ADD CONSTRAINT note_pkey PRIMARY KEY (clinic_id, note_id);

ALTER TABLE ONLY public.notification_choice
    ADD CONSTRAINT notification_choice_pkey PRIMARY KEY (clinic_id, account_id);

ALTER TABLE ONLY public.notification
    ADD CONSTRAINT notification_once_per_cause UNIQUE (clinic_id, dedupe_key);

ALTER TABLE ONLY public.notification
    ADD CONSTRAINT notification_pkey PRIMARY KEY (clinic_id, notification_id);

ALTER TABLE ONLY public.page_test
    ADD CONSTRAINT page_test_pkey PRIMARY KEY (clinic_id, test_id);

ALTER TABLE ONLY public.password_reset
    ADD CONSTRAINT password_reset_code_is_unique UNIQUE (clinic_id, token_hash);

ALTER TABLE ONLY public.password_reset
    ADD CONSTRAINT password_reset_pkey PRIMARY KEY (clinic_id, reset_id);

ALTER TABLE ONLY public.patient_key
    ADD CONSTRAINT patient_key_pkey PRIMARY KEY (clinic_id, patient_id, key_id);

ALTER TABLE ONLY public.patient_match
    ADD CONSTRAINT patient_match_pkey PRIMARY KEY (clinic_id, patient_id, other_patient_id);

ALTER TABLE ONLY public.patient
    ADD CONSTRAINT patient_pkey PRIMARY KEY (clinic_id, patient_id);

ALTER TABLE ONLY public.procedure
    ADD CONSTRAINT procedure_is_of_one_patient UNIQUE (clinic_id, procedure_id, patient_id);

ALTER TABLE ONLY public.procedure
    ADD CONSTRAINT procedure_pkey PRIMARY KEY (clinic_id, procedure_id);

ALTER TABLE ONLY public.proxy_grant
    ADD CONSTRAINT proxy_grant_pkey PRIMARY KEY (clinic_id, grant_id);

ALTER TABLE ONLY public.questionnaire
    ADD CONSTRAINT questionnaire_pkey PRIMARY KEY (url, version);

ALTER TABLE ONLY public.rate_limit
    ADD CONSTRAINT rate_limit_pkey PRIMARY KEY (key, window_start);

ALTER TABLE ONLY public.read_mark
    ADD CONSTRAINT read_mark_pkey PRIMARY KEY (clinic_id, thread_id, account_id, hat);

ALTER TABLE ONLY public.recovery_code
    ADD CONSTRAINT recovery_code_is_unique UNIQUE (clinic_id, account_id, code_hash);

ALTER TABLE ONLY public.recovery_code
    ADD CONSTRAINT recovery_code_pkey PRIMARY KEY (clinic_id, code_id);

ALTER TABLE ONLY public.response
    ADD CONSTRAINT response_is_of_one_patient UNIQUE (clinic_id, response_id, patient_id);

ALTER TABLE ONLY public.response
    ADD CONSTRAINT response_pkey PRIMARY KEY (clinic_id, response_id);

ALTER TABLE ONLY public.response_revision
    ADD CONSTRAINT response_revision_is_of_one_patient UNIQUE (clinic_id, response_id, revision, patient_id);

ALTER TABLE ONLY public.response_revision
    ADD CONSTRAINT response_revision_pkey PRIMARY KEY (clinic_id, response_id, revision);

ALTER TABLE ONLY public.retraction
    ADD CONSTRAINT retraction_pkey PRIMARY KEY (clinic_id, message_id);

ALTER TABLE ONLY public.review_event
    ADD CONSTRAINT review_event_pkey PRIMARY KEY (clinic_id, event_id);

ALTER TABLE ONLY public.review
    ADD CONSTRAINT review_is_of_one_patient UNIQUE (clinic_id, review_id, patient_id);

ALTER TABLE ONLY public.review
    ADD CONSTRAINT review_one_per_response UNIQUE (clinic_id, response_id);

ALTER TABLE ONLY public.review
    ADD CONSTRAINT review_pkey PRIMARY KEY (clinic_id, review_id);

ALTER TABLE ONLY public.rule_set
    ADD CONSTRAINT rule_set_pkey PRIMARY KEY (slug, version);

ALTER TABLE ONLY public.screening
    ADD CONSTRAINT screening_is_of_one_patient UNIQUE (clinic_id, response_id, revision, patient_id);

ALTER TABLE ONLY public.screening
    ADD CONSTRAINT screening_pkey PRIMARY KEY (clinic_id, response_id, revision);

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (clinic_id, session_id);

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_token_is_unique UNIQUE (clinic_id, token_hash);

ALTER TABLE ONLY public.sign_in
    ADD CONSTRAINT sign_in_pkey PRIMARY KEY (email_hmac, clinic_id);

ALTER TABLE ONLY public.signature
    ADD CONSTRAINT signature_pkey PRIMARY KEY (clinic_id, kind, key, version);

ALTER TABLE ONLY public.staff
    ADD CONSTRAINT staff_pkey PRIMARY KEY (clinic_id, account_id);

ALTER TABLE ONLY public.thread
    ADD CONSTRAINT thread_is_of_one_patient UNIQUE (clinic_id, thread_id, patient_id);

ALTER TABLE ONLY public.thread
    ADD CONSTRAINT thread_pkey PRIMARY KEY (clinic_id, thread_id);

CREATE INDEX account_by_patient ON public.account USING btree (clinic_id, patient_id) WHERE (patient_id IS NOT NULL);

CREATE INDEX account_name_change_by_account ON public.account_name_change USING btree (clinic_id, account_id, place);

CREATE INDEX assignment_by_thread ON public.assignment USING btree (clinic_id, thread_id, assigned_at, assignment_id);

CREATE INDEX attachment_by_holder ON public.attachment USING btree (clinic_id, holder_kind, holder_id) WHERE (holder_id IS NOT NULL);

CREATE INDEX attachment_due ON public.attachment USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX audit_event_by_patient ON public.audit_event USING btree (clinic_id, patient_id, event_id) WHERE (patient_id IS NOT NULL);

CREATE UNIQUE INDEX audit_event_folds ON public.audit_event USING btree (clinic_id, fold_key) WHERE (fold_key IS NOT NULL);

CREATE INDEX check_in_due_of_patient ON public.check_in_due USING btree (clinic_id, patient_id, due_at) WHERE (state = 'waiting'::text);

CREATE INDEX check_in_due_waiting ON public.check_in_due USING btree (due_at) WHERE (state = 'waiting'::text);

CREATE INDEX clinic_setting_event_by_key ON public.clinic_setting_event USING btree (clinic_id, key, at DESC, event_id);

CREATE INDEX closure_by_thread ON public.closure USING btree (clinic_id, thread_id, closed_at);

CREATE INDEX consult_by_patient ON public.consult USING btree (clinic_id, patient_id, starts_at);

CREATE INDEX consult_upcoming ON public.consult USING btree (clinic_id, starts_at) WHERE (state = 'booked'::text);

CREATE INDEX draft_by_account ON public.draft USING btree (clinic_id, account_id, saved_at) WHERE (body_sealed IS NOT NULL);

CREATE UNIQUE INDEX email_change_one_open ON public.email_change USING btree (clinic_id, account_id) WHERE (state = 'open'::text);

CREATE INDEX escalation_by_patient ON public.escalation USING btree (clinic_id, patient_id);

CREATE INDEX escalation_by_time ON public.escalation USING btree (clinic_id, raised_at);

CREATE INDEX escalation_due ON public.escalation USING btree (deadline) WHERE (deadline IS NOT NULL);

CREATE INDEX escalation_event_by_escalation ON public.escalation_event USING btree (clinic_id, escalation_id, at);

CREATE UNIQUE INDEX escalation_one_unresolved_per_subject ON public.escalation USING btree (clinic_id, subject_kind, subject_id) WHERE (state <> 'resolved'::text);

CREATE INDEX escalation_open ON public.escalation USING btree (clinic_id, level_rank, ((state <> 'raised'::text)), raised_at, escalation_id) WHERE (state <> 'resolved'::text);

CREATE INDEX escalation_resolved ON public.escalation USING btree (clinic_id, resolved_at DESC, escalation_id DESC) WHERE (state = 'resolved'::text);

CREATE UNIQUE INDEX factor_recovery_one_open ON public.factor_recovery USING btree (clinic_id, account_id) WHERE (state = 'open'::text);

CREATE INDEX identity_change_by_patient ON public.identity_change USING btree (clinic_id, patient_id, place);

CREATE INDEX invitation_by_patient ON public.invitation USING btree (clinic_id, patient_id) WHERE (patient_id IS NOT NULL);

CREATE INDEX invitation_newest ON public.invitation USING btree (clinic_id, created_at DESC, invitation_id DESC);

CREATE INDEX level_change_by_time ON public.level_change USING btree (clinic_id, changed_at);

CREATE INDEX message_from_patients ON public.message USING btree (clinic_id, sent_at) WHERE from_patient;

CREATE INDEX message_of_patient ON public.message USING btree (clinic_id, patient_id, sent_at) WHERE from_patient;

CREATE INDEX message_reading_by_time ON public.message_reading USING btree (clinic_id, sent_at) INCLUDE (message_id, read_at);

CREATE INDEX note_by_thread ON public.note USING btree (clinic_id, thread_id, written_at, note_id);

CREATE INDEX notification_due ON public.notification USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX notification_undelivered ON public.notification USING btree (clinic_id, created_at DESC, notification_id) WHERE ((due_at IS NULL) AND ((sent_at IS NULL) OR (returned_at IS NOT NULL)));

CREATE INDEX page_test_confirmed ON public.page_test USING btree (clinic_id, confirmed_at) WHERE (state = 'confirmed'::text);

CREATE UNIQUE INDEX page_test_one_waits_per_person ON public.page_test USING btree (clinic_id, account_id) WHERE (state = 'sent'::text);

CREATE INDEX password_reset_by_account ON public.password_reset USING btree (clinic_id, account_id) WHERE (state = 'open'::text);

CREATE INDEX patient_by_birth_date ON public.patient USING btree (clinic_id, born_on);

CREATE INDEX patient_by_name ON public.patient USING btree (clinic_id, name, patient_id);

CREATE INDEX patient_by_phone ON public.patient USING btree (clinic_id, phone_hmac) WHERE (phone_hmac IS NOT NULL);

CREATE INDEX patient_match_by_other ON public.patient_match USING btree (clinic_id, other_patient_id) WHERE (state = 'linked'::text);

CREATE UNIQUE INDEX patient_match_links_to_one ON public.patient_match USING btree (clinic_id, patient_id) WHERE (state = 'linked'::text);

CREATE UNIQUE INDEX patient_number_is_unique_in_clinic ON public.patient USING btree (clinic_id, clinic_number) WHERE (clinic_number IS NOT NULL);

CREATE INDEX procedure_by_patient ON public.procedure USING btree (clinic_id, patient_id, performed_on);

CREATE INDEX proxy_grant_by_account ON public.proxy_grant USING btree (clinic_id, account_id);

CREATE INDEX proxy_grant_by_patient ON public.proxy_grant USING btree (clinic_id, patient_id);

CREATE INDEX questionnaire_by_slug ON public.questionnaire USING btree (slug, published_at DESC);

CREATE INDEX response_by_patient ON public.response USING btree (clinic_id, patient_id, created_at DESC, response_id);

CREATE INDEX response_check_ins ON public.response USING btree (clinic_id, patient_id, created_at) WHERE ((kind = 'check_in'::text) AND (submitted_revision IS NOT NULL));

CREATE INDEX response_due ON public.response USING btree (expires_at) WHERE (expires_at IS NOT NULL);

CREATE UNIQUE INDEX response_one_open_check_in ON public.response USING btree (clinic_id, patient_id, COALESCE(thread_id, '00000000-0000-0000-0000-000000000000'::uuid)) WHERE ((state = 'draft'::text) AND (kind = 'check_in'::text));

CREATE UNIQUE INDEX response_one_open_draft ON public.response USING btree (clinic_id, patient_id, questionnaire_url) WHERE ((state = 'draft'::text) AND (kind = 'intake'::text));

CREATE INDEX response_to_finish ON public.response USING btree (finish_due_at) WHERE (finish_due_at IS NOT NULL);

CREATE INDEX review_by_patient ON public.review USING btree (clinic_id, patient_id);

CREATE INDEX review_claim_due ON public.review USING btree (claim_until) WHERE (claim_until IS NOT NULL);

CREATE INDEX review_due ON public.review USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX review_event_by_review ON public.review_event USING btree (clinic_id, review_id, at);

CREATE INDEX review_event_overrides ON public.review_event USING btree (clinic_id, rule_set_slug, rule_set_version) WHERE is_override;

CREATE INDEX review_lead_due ON public.review USING btree (lead_at) WHERE (lead_at IS NOT NULL);

CREATE INDEX review_queue ON public.review USING btree (clinic_id, state, urgency_rank, consult_key, queued_at, review_id);

CREATE INDEX review_queue_by_clinician ON public.review USING btree (clinic_id, clinician_id, state, urgency_rank, consult_key, queued_at, review_id);

CREATE INDEX review_valid_until ON public.review USING btree (valid_until) WHERE (valid_until IS NOT NULL);

CREATE INDEX session_by_account ON public.session USING btree (clinic_id, account_id) WHERE (state <> 'ended'::text);

CREATE INDEX session_expired ON public.session USING btree (expires_at);

CREATE INDEX thread_by_activity ON public.thread USING btree (clinic_id, last_at DESC, thread_id DESC);

CREATE INDEX thread_by_patient ON public.thread USING btree (clinic_id, patient_id, last_at DESC, thread_id DESC);

CREATE INDEX thread_inbox ON public.thread USING btree (clinic_id, COALESCE(waiting_since, 'infinity'::timestamp with time zone), thread_id);

CREATE INDEX thread_open ON public.thread USING btree (clinic_id, pool) WHERE (state = 'open'::text);

CREATE INDEX thread_unread_by_patient ON public.thread USING btree (unread_by_patient_due) WHERE (unread_by_patient_due IS NOT NULL);

CREATE INDEX thread_unread_by_staff ON public.thread USING btree (unread_by_staff_due) WHERE (unread_by_staff_due IS NOT NULL);

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_clinic_id_fkey FOREIGN KEY (clinic_id) REFERENCES public.clinic(clinic_id);

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_clinic_id_patient_id_fkey FOREIGN KEY (clinic_id, patient_id) REFERENCES public.patient(clinic_id, patient_id);

ALTER TABLE ONLY public.account_contact
    ADD CONSTRAINT account_contact_clinic_id_account_id_fkey FOREIGN KEY (clinic_id, account_id) REFERENCES public.account(clinic_id, account_id);

ALTER TABLE ONLY public.account_name_change
    ADD CONSTRAINT account_name_change_clinic_id_account_id_fkey FOREIGN KEY (clinic_id, account_id) REFERENCES public.account(clinic_id, account_id);

ALTER TABLE ONLY public.assignment
    ADD CONSTRAINT assignment_clinic_id_thread_id_patient_id_fkey FOREIGN KEY (clinic_id, thread_id, patient_id) REFERENCES public.thread(clinic_id, thread_id, patient_id);

ALTER TABLE ONLY public.attachment
    ADD CONSTRAINT attachment_clinic_id_patient_id_fkey FOREIGN KEY (clinic_id, patient_id) REFERENCES public.patient(clinic_id, patient_id);

ALTER TABLE ONLY public.attachment
    ADD CONSTRAINT attachment_clinic_id_uploaded_by_fkey FOREIGN KEY (clinic_id, uploaded_by) REFERENCES public.account(clinic_id, account_id);

ALTER TABLE ONLY public.audit_event
    ADD CONSTRAINT audit_event_clinic_id_fkey FOREIGN KEY (clinic_id) REFERENCES public.clinic(clinic_id);

ALTER TABLE ONLY public.check_in_due
    ADD CONSTRAINT check_in_due_clinic_id_procedure_id_patient_id_fkey FOREIGN KEY (clinic_id, procedure_id, patient_id) REFERENCES public.procedure(clinic_id, procedure_id, patient_id);

ALTER TABLE ONLY public.clinic_key
    ADD CONSTRAINT clinic_key_clinic_id_fkey FOREIGN KEY (clinic_id) REFERENCES public.clinic(clinic_id);

ALTER TABLE ONLY public.clinic_opening
    ADD CONSTRAINT clinic_opening_clinic_id_fkey FOREIGN KEY (clinic_id) REFERENCES public.clinic(clinic_id);

ALTER TABLE ONLY public.clinic_setting
    ADD CONSTRAINT clinic_setting_clinic_id_fkey FOREIGN KEY (clinic_id) REFERENCES public.clinic(clinic_id);

ALTER TABLE ONLY public.clinic_setting_event
    ADD CONSTRAINT clinic_setting_event_clinic_id_fkey FOREIGN KEY (clinic_id) REFERENCES public.clinic(clinic_id);

ALTER TABLE ONLY public.closure
    ADD CONSTRAINT closure_clinic_id_thread_id_patient_id_fkey FOREIGN KEY (clinic_id, thread_id, patient_id) REFERENCES public.thread(clinic_id, thread_id, patient_id);

ALTER TABLE ONLY public.consult
    ADD CONSTRAINT consult_clinic_id_clinician_id_fkey FOREIGN KEY (clinic_id, clinician_id) REFERENCES public.staff(clinic_id, account_id);

ALTER TABLE ONLY public.consult
    ADD CONSTRAINT consult_clinic_id_patient_id_fkey FOREIGN KEY (clinic_id, patient_id) REFERENCES public.patient(clinic_id, patient_id);

ALTER TABLE ONLY public.credential
    ADD CONSTRAINT credential_clinic_id_account_id_fkey FOREIGN KEY (clinic_id, account_id) REFERENCES public.account(clinic_id, account_id);

ALTER TABLE ONLY public.decision
    ADD CONSTRAINT decision_clinic_id_response_id_patient_id_fkey FOREIGN KEY (clinic_id, response_id, patient_id) REFERENCES public.response(clinic_id, response_id, patient_id);

ALTER TABLE ONLY public.draft
    ADD CONSTRAINT draft_clinic_id_account_id_fkey FOREIGN KEY (clinic_id, account_id) REFERENCES public.account(clinic_id, account_id);

ALTER TABLE ONLY public.draft
    ADD CONSTRAINT draft_clinic_id_patient_id_fkey FOREIGN KEY (clinic_id, patient_id) REFERENCES public.patient(clinic_id, patient_id);

ALTER TABLE ONLY public.email_change
    ADD CONSTRAINT email_change_clinic_id_account_id_fkey FOREIGN KEY (clinic_id, account_id) REFERENCES public.account(clinic_id, account_id);

ALTER TABLE ONLY public.escalation
    ADD CONSTRAINT escalation_clinic_id_patient_id_fkey FOREIGN KEY (clinic_id, patient_id) REFERENCES public.patient(clinic_id, patient_id);

ALTER TABLE ONLY public.escalation_event
    ADD CONSTRAINT escalation_event_clinic_id_escalation_id_patient_id_fkey FOREIGN KEY (clinic_id, escalation_id, patient_id) REFERENCES public.escalation(clinic_id, escalation_id, patient_id);

ALTER TABLE ONLY public.factor_recovery
    ADD CONSTRAINT factor_recovery_clinic_id_account_id_fkey FOREIGN KEY (clinic_id, account_id) REFERENCES public.account(clinic_id, account_id);

ALTER TABLE ONLY public.finding
    ADD CONSTRAINT finding_clinic_id_response_id_revision_patient_id_fkey FOREIGN KEY (clinic_id, response_id, revision, patient_id) REFERENCES public.screening(clinic_id, response_id, revision, patient_id);

ALTER TABLE ONLY public.identity_change
    ADD CONSTRAINT identity_change_clinic_id_account_id_fkey FOREIGN KEY (clinic_id, account_id) REFERENCES public.account(clinic_id, account_id);

ALTER TABLE ONLY public.identity_change
    ADD CONSTRAINT identity_change_clinic_id_patient_id_fkey FOREIGN KEY (clinic_id, patient_id) REFERENCES public.patient(clinic_id, patient_id);

ALTER TABLE ONLY public.invitation
    ADD CONSTRAINT invitation_clinic_id_account_id_fkey FOREIGN KEY (clinic_id, account_id) REFERENCES public.account(clinic_id, account_id);

ALTER TABLE ONLY public.invitation
    ADD CONSTRAINT invitation_clinic_id_fkey FOREIGN KEY (clinic_id) REFERENCES public.clinic(clinic_id);

ALTER TABLE ONLY public.invitation
    ADD CONSTRAINT invitation_clinic_id_patient_id_fkey FOREIGN KEY (clinic_id, patient_id) REFERENCES public.patient(clinic_id, patient_id);

ALTER TABLE ONLY public.level_change
    ADD CONSTRAINT level_change_clinic_id_message_id_thread_id_patient_id_fkey FOREIGN KEY (clinic_id, message_id, thread_id, patient_id) REFERENCES public.message(clinic_id, message_id, thread_id, patient_id);

ALTER TABLE ONLY public.message
    ADD CONSTRAINT message_clinic_id_response_id_patient_id_fkey FOREIGN KEY (clinic_id, response_id, patient_id) REFERENCES public.response(clinic_id, response_id, patient_id);

ALTER TABLE ONLY public.message
    ADD CONSTRAINT message_clinic_id_thread_id_patient_id_fkey FOREIGN KEY (clinic_id, thread_id, patient_id) REFERENCES public.thread(clinic_id, thread_id, patient_id);

ALTER TABLE ONLY public.message_reading
    ADD CONSTRAINT message_reading_clinic_id_message_id_thread_id_patient_id_fkey FOREIGN KEY (clinic_id, message_id, thread_id, patient_id) REFERENCES public.message(clinic_id, message_id, thread_id, patient_id);

ALTER TABLE ONLY public.note
    ADD CONSTRAINT note_clinic_id_thread_id_patient_id_fkey FOREIGN KEY (clinic_id, thread_id, patient_id) REFERENCES public.thread(clinic_id, thread_id, patient_id);

ALTER TABLE ONLY public.notification_choice
    ADD CONSTRAINT notification_choice_clinic_id_account_id_fkey FOREIGN KEY (clinic_id, account_id) REFERENCES public.account(clinic_id, account_id);

ALTER TABLE ONLY public.notification
    ADD CONSTRAINT notification_clinic_id_fkey FOREIGN KEY (clinic_id) REFERENCES public.clinic(clinic_id);

ALTER TABLE ONLY public.page_test
    ADD CONSTRAINT page_test_clinic_id_account_id_fkey FOREIGN KEY (clinic_id, account_id) REFERENCES public.staff(clinic_id, account_id);

ALTER TABLE ONLY public.password_reset
    ADD CONSTRAINT password_reset_clinic_id_account_id_fkey FOREIGN KEY (clinic_id, account_id) REFERENCES public.account(clinic_id, account_id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.password_reset
    ADD CONSTRAINT password_reset_clinic_id_fkey FOREIGN KEY (clinic_id) REFERENCES public.clinic(clinic_id);

ALTER TABLE ONLY public.patient
    ADD CONSTRAINT patient_clinic_id_fkey FOREIGN KEY (clinic_id) REFERENCES public.clinic(clinic_id);

ALTER TABLE ONLY public.patient_key
    ADD CONSTRAINT patient_key_clinic_id_clinic_key_id_fkey FOREIGN KEY (clinic_id, clinic_key_id) REFERENCES public.clinic_key(clinic_id, key_id);

ALTER TABLE ONLY public.patient_key
    ADD CONSTRAINT patient_key_clinic_id_patient_id_fkey FOREIGN KEY (clinic_id, patient_id) REFERENCES public.patient(clinic_id, patient_id);

ALTER TABLE ONLY public.patient_match
    ADD CONSTRAINT patient_match_clinic_id_other_patient_id_fkey FOREIGN KEY (clinic_id, other_patient_id) REFERENCES public.patient(clinic_id, patient_id);

ALTER TABLE ONLY public.patient_match
    ADD CONSTRAINT patient_match_clinic_id_patient_id_fkey FOREIGN KEY (clinic_id, patient_id) REFERENCES public.patient(clinic_id, patient_id);

ALTER TABLE ONLY public.procedure
    ADD CONSTRAINT procedure_clinic_id_patient_id_fkey FOREIGN KEY (clinic_id, patient_id) REFERENCES public.patient(clinic_id, patient_id);

ALTER TABLE ONLY public.proxy_grant
    ADD CONSTRAINT proxy_grant_clinic_id_account_id_fkey FOREIGN KEY (clinic_id, account_id) REFERENCES public.account(clinic_id, account_id);

ALTER TABLE ONLY public.proxy_grant
    ADD CONSTRAINT proxy_grant_clinic_id_patient_id_fkey FOREIGN KEY (clinic_id, patient_id) REFERENCES public.patient(clinic_id, patient_id);

ALTER TABLE ONLY public.read_mark
    ADD CONSTRAINT read_mark_clinic_id_account_id_fkey FOREIGN KEY (clinic_id, account_id) REFERENCES public.account(clinic_id, account_id);

ALTER TABLE ONLY public.read_mark
    ADD CONSTRAINT read_mark_clinic_id_thread_id_patient_id_fkey FOREIGN KEY (clinic_id, thread_id, patient_id) REFERENCES public.thread(clinic_id, thread_id, patient_id);

ALTER TABLE ONLY public.recovery_code
    ADD CONSTRAINT recovery_code_clinic_id_account_id_fkey FOREIGN KEY (clinic_id, account_id) REFERENCES public.account(clinic_id, account_id);

ALTER TABLE ONLY public.response
    ADD CONSTRAINT response_clinic_id_patient_id_fkey FOREIGN KEY (clinic_id, patient_id) REFERENCES public.patient(clinic_id, patient_id);

ALTER TABLE ONLY public.response
    ADD CONSTRAINT response_questionnaire_url_questionnaire_version_fkey FOREIGN KEY (questionnaire_url, questionnaire_version) REFERENCES public.questionnaire(url, version);

ALTER TABLE ONLY public.response_revision
    ADD CONSTRAINT response_revision_clinic_id_response_id_patient_id_fkey FOREIGN KEY (clinic_id, response_id, patient_id) REFERENCES public.response(clinic_id, response_id, patient_id);

ALTER TABLE ONLY public.retraction
    ADD CONSTRAINT retraction_clinic_id_message_id_thread_id_patient_id_fkey FOREIGN KEY (clinic_id, message_id, thread_id, patient_id) REFERENCES public.message(clinic_id, message_id, thread_id, patient_id);

ALTER TABLE ONLY public.review
    ADD CONSTRAINT review_clinic_id_clinician_id_fkey FOREIGN KEY (clinic_id, clinician_id) REFERENCES public.staff(clinic_id, account_id);

ALTER TABLE ONLY public.review
    ADD CONSTRAINT review_clinic_id_response_id_patient_id_fkey FOREIGN KEY (clinic_id, response_id, patient_id) REFERENCES public.response(clinic_id, response_id, patient_id);

ALTER TABLE ONLY public.review_event
    ADD CONSTRAINT review_event_clinic_id_review_id_patient_id_fkey FOREIGN KEY (clinic_id, review_id, patient_id) REFERENCES public.review(clinic_id, review_id, patient_id);

ALTER TABLE ONLY public.rule_set
    ADD CONSTRAINT rule_set_questionnaire_url_questionnaire_version_fkey FOREIGN KEY (questionnaire_url, questionnaire_version) REFERENCES public.questionnaire(url, version);

ALTER TABLE ONLY public.screening
    ADD CONSTRAINT screening_clinic_id_response_id_revision_patient_id_fkey FOREIGN KEY (clinic_id, response_id, revision, patient_id) REFERENCES public.response_revision(clinic_id, response_id, revision, patient_id);

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_clinic_id_account_id_fkey FOREIGN KEY (clinic_id, account_id) REFERENCES public.account(clinic_id, account_id);

ALTER TABLE ONLY public.sign_in
    ADD CONSTRAINT sign_in_clinic_id_fkey FOREIGN KEY (clinic_id) REFERENCES public.clinic(clinic_id);

ALTER TABLE ONLY public.signature
    ADD CONSTRAINT signature_clinic_id_fkey FOREIGN KEY (clinic_id) REFERENCES public.clinic(clinic_id);

ALTER TABLE ONLY public.staff
    ADD CONSTRAINT staff_clinic_id_account_id_fkey FOREIGN KEY (clinic_id, account_id) REFERENCES public.account(clinic_id, account_id);

ALTER TABLE ONLY public.thread
    ADD CONSTRAINT thread_clinic_id_assignee_id_fkey FOREIGN KEY (clinic_id, assignee_id) REFERENCES public.staff(clinic_id, account_id);

ALTER TABLE ONLY public.thread
    ADD CONSTRAINT thread_clinic_id_patient_id_fkey FOREIGN KEY (clinic_id, patient_id) REFERENCES public.patient(clinic_id, patient_id);

ALTER TABLE public.account ENABLE ROW LEVEL SECURITY;

CREATE POLICY account_changed_by_owner ON public.account FOR UPDATE USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['anonymous'::text, 'patient'::text]))) AND ((account_id)::text = ( SELECT public.app_actor() AS app_actor)))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['anonymous'::text, 'patient'::text]))) AND ((account_id)::text = ( SELECT public.app_actor() AS app_actor)) AND (state = 'active'::text) AND ((patient_id IS NULL) OR (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[])))));

ALTER TABLE public.account_contact ENABLE ROW LEVEL SECURITY;

CREATE POLICY account_contact_of_account ON public.account_contact USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND ((account_id)::text = ( SELECT public.app_actor() AS app_actor))));

CREATE POLICY account_contact_within_clinic ON public.account_contact USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

ALTER TABLE public.account_name_change ENABLE ROW LEVEL SECURITY;

CREATE POLICY account_name_change_within_clinic ON public.account_name_change USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

CREATE POLICY account_signing_in ON public.account FOR SELECT USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['anonymous'::text, 'patient'::text]))) AND ((account_id)::text = ( SELECT public.app_actor() AS app_actor))));

CREATE POLICY account_within_clinic ON public.account USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

ALTER TABLE public.assignment ENABLE ROW LEVEL SECURITY;

CREATE POLICY assignment_within_clinic ON public.assignment USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

ALTER TABLE public.attachment ENABLE ROW LEVEL SECURITY;

CREATE POLICY attachment_due_for_worker ON public.attachment FOR SELECT TO portico_worker USING (((( SELECT public.app_clinic() AS app_clinic) IS NULL) AND (due_at IS NOT NULL)));

CREATE POLICY attachment_of_patient ON public.attachment USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[])))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[]))));

CREATE POLICY attachment_within_clinic ON public.attachment USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

ALTER TABLE public.audit_event ENABLE ROW LEVEL SECURITY;

CREATE POLICY audit_event_left_at_the_door ON public.audit_event FOR INSERT WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['patient'::text, 'anonymous'::text]))) AND (patient_id IS NULL)));

CREATE POLICY audit_event_left_by_patient ON public.audit_event FOR INSERT WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[]))));

CREATE POLICY audit_event_read_by_patient ON public.audit_event FOR SELECT USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[]))));

CREATE POLICY audit_event_within_clinic ON public.audit_event USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

ALTER TABLE public.check_in_due ENABLE ROW LEVEL SECURITY;

CREATE POLICY check_in_due_for_worker ON public.check_in_due FOR SELECT TO portico_worker USING (((( SELECT public.app_clinic() AS app_clinic) IS NULL) AND (state = 'waiting'::text)));

CREATE POLICY check_in_due_read_by_patient ON public.check_in_due FOR SELECT USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[]))));

CREATE POLICY check_in_due_within_clinic ON public.check_in_due USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

ALTER TABLE public.clinic_key ENABLE ROW LEVEL SECURITY;

CREATE POLICY clinic_key_read_in_clinic ON public.clinic_key FOR SELECT USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['patient'::text, 'anonymous'::text])))));

CREATE POLICY clinic_key_within_clinic ON public.clinic_key USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

ALTER TABLE public.clinic_opening ENABLE ROW LEVEL SECURITY;

CREATE POLICY clinic_opening_read_in_clinic ON public.clinic_opening FOR SELECT USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['patient'::text, 'anonymous'::text])))));

CREATE POLICY clinic_opening_within_clinic ON public.clinic_opening USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

ALTER TABLE public.clinic_setting ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.clinic_setting_event ENABLE ROW LEVEL SECURITY;

CREATE POLICY clinic_setting_event_within_clinic ON public.clinic_setting_event USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

CREATE POLICY clinic_setting_read_in_clinic ON public.clinic_setting FOR SELECT USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['patient'::text, 'anonymous'::text])))));

CREATE POLICY clinic_setting_within_clinic ON public.clinic_setting USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

ALTER TABLE public.closure ENABLE ROW LEVEL SECURITY;

CREATE POLICY closure_read_by_patient ON public.closure FOR SELECT USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[]))));

CREATE POLICY closure_within_clinic ON public.closure USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

ALTER TABLE public.consult ENABLE ROW LEVEL SECURITY;

CREATE POLICY consult_of_patient ON public.consult USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[])))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[]))));

CREATE POLICY consult_within_clinic ON public.consult USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

ALTER TABLE public.credential ENABLE ROW LEVEL SECURITY;

CREATE POLICY credential_signing_in ON public.credential USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['anonymous'::text, 'patient'::text]))) AND ((account_id)::text = ( SELECT public.app_actor() AS app_actor))));

CREATE POLICY credential_within_clinic ON public.credential USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

ALTER TABLE public.decision ENABLE ROW LEVEL SECURITY;

CREATE POLICY decision_read_by_patient ON public.decision FOR SELECT USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[]))));

CREATE POLICY decision_within_clinic ON public.decision USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

ALTER TABLE public.draft ENABLE ROW LEVEL SECURITY;

CREATE POLICY draft_of_reader ON public.draft USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[])) AND ((account_id)::text = ( SELECT public.app_actor() AS app_actor)))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[])) AND ((account_id)::text = ( SELECT public.app_actor() AS app_actor))));

CREATE POLICY draft_within_clinic ON public.draft USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

ALTER TABLE public.email_change ENABLE ROW LEVEL SECURITY;

CREATE POLICY email_change_by_code ON public.email_change FOR SELECT USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'anonymous'::text)) AND (code_hash = ( SELECT public.app_actor() AS app_actor))));

CREATE POLICY email_change_of_account ON public.email_change USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['anonymous'::text, 'patient'::text]))) AND ((account_id)::text = ( SELECT public.app_actor() AS app_actor))));

CREATE POLICY email_change_within_clinic ON public.email_change USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

ALTER TABLE public.escalation ENABLE ROW LEVEL SECURITY;

CREATE POLICY escalation_due_for_worker ON public.escalation FOR SELECT TO portico_worker USING (((( SELECT public.app_clinic() AS app_clinic) IS NULL) AND (deadline IS NOT NULL)));

ALTER TABLE public.escalation_event ENABLE ROW LEVEL SECURITY;

CREATE POLICY escalation_event_left_by_patient ON public.escalation_event FOR INSERT WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[]))));

CREATE POLICY escalation_event_within_clinic ON public.escalation_event USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

CREATE POLICY escalation_of_patient ON public.escalation USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[])))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[]))));

CREATE POLICY escalation_within_clinic ON public.escalation USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

ALTER TABLE public.factor_recovery ENABLE ROW LEVEL SECURITY;

CREATE POLICY factor_recovery_within_clinic ON public.factor_recovery USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

ALTER TABLE public.finding ENABLE ROW LEVEL SECURITY;

CREATE POLICY finding_of_patient ON public.finding USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[])))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[]))));

CREATE POLICY finding_within_clinic ON public.finding USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

ALTER TABLE public.identity_change ENABLE ROW LEVEL SECURITY;

CREATE POLICY identity_change_within_clinic ON public.identity_change USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

ALTER TABLE public.invitation ENABLE ROW LEVEL SECURITY;

CREATE POLICY invitation_by_code ON public.invitation FOR SELECT USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'anonymous'::text)) AND (token_hash = ( SELECT public.app_actor() AS app_actor))));

CREATE POLICY invitation_tried ON public.invitation FOR UPDATE USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'anonymous'::text)) AND (token_hash = ( SELECT public.app_actor() AS app_actor)))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'anonymous'::text)) AND (token_hash = ( SELECT public.app_actor() AS app_actor))));

CREATE POLICY invitation_within_clinic ON public.invitation USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

ALTER TABLE public.level_change ENABLE ROW LEVEL SECURITY;

CREATE POLICY level_change_within_clinic ON public.level_change USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

ALTER TABLE public.message ENABLE ROW LEVEL SECURITY;

CREATE POLICY message_of_patient ON public.message USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[])))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[]))));

ALTER TABLE public.message_reading ENABLE ROW LEVEL SECURITY;

CREATE POLICY message_reading_within_clinic ON public.message_reading USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

CREATE POLICY message_within_clinic ON public.message USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;

CREATE POLICY note_within_clinic ON public.note USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

ALTER TABLE public.notification ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.notification_choice ENABLE ROW LEVEL SECURITY;

CREATE POLICY notification_choice_of_account ON public.notification_choice USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND ((account_id)::text = ( SELECT public.app_actor() AS app_actor)))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND ((account_id)::text = ( SELECT public.app_actor() AS app_actor))));

CREATE POLICY notification_choice_within_clinic ON public.notification_choice USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

CREATE POLICY notification_due_for_worker ON public.notification FOR SELECT TO portico_worker USING (((( SELECT public.app_clinic() AS app_clinic) IS NULL) AND (due_at IS NOT NULL)));

CREATE POLICY notification_left_by_patient ON public.notification FOR INSERT WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['patient'::text, 'anonymous'::text])))));

CREATE POLICY notification_within_clinic ON public.notification USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

ALTER TABLE public.page_test ENABLE ROW LEVEL SECURITY;

CREATE POLICY page_test_within_clinic ON public.page_test USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

ALTER TABLE public.password_reset ENABLE ROW LEVEL SECURITY;

CREATE POLICY password_reset_by_code ON public.password_reset FOR SELECT USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'anonymous'::text)) AND (token_hash = ( SELECT public.app_actor() AS app_actor))));

CREATE POLICY password_reset_of_account ON public.password_reset FOR SELECT USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'anonymous'::text)) AND ((account_id)::text = ( SELECT public.app_actor() AS app_actor))));

CREATE POLICY password_reset_withdrawn_by_owner ON public.password_reset FOR UPDATE USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'anonymous'::text)) AND ((account_id)::text = ( SELECT public.app_actor() AS app_actor)))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'anonymous'::text)) AND ((account_id)::text = ( SELECT public.app_actor() AS app_actor)) AND (state = 'withdrawn'::text)));

CREATE POLICY password_reset_within_clinic ON public.password_reset USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

ALTER TABLE public.patient ENABLE ROW LEVEL SECURITY;

CREATE POLICY patient_contact_by_patient ON public.patient FOR UPDATE USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[])))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[]))));

ALTER TABLE public.patient_key ENABLE ROW LEVEL SECURITY;

CREATE POLICY patient_key_read_by_patient ON public.patient_key FOR SELECT USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[]))));

CREATE POLICY patient_key_within_clinic ON public.patient_key USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

ALTER TABLE public.patient_match ENABLE ROW LEVEL SECURITY;

CREATE POLICY patient_match_signing_in ON public.patient_match FOR SELECT USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'anonymous'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[]))));

CREATE POLICY patient_match_within_clinic ON public.patient_match USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

CREATE POLICY patient_read_by_patient ON public.patient FOR SELECT USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[]))));

CREATE POLICY patient_signing_in ON public.patient FOR SELECT USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'anonymous'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[]))));

CREATE POLICY patient_within_clinic ON public.patient USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

ALTER TABLE public.procedure ENABLE ROW LEVEL SECURITY;

CREATE POLICY procedure_read_by_patient ON public.procedure FOR SELECT USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[]))));

CREATE POLICY procedure_within_clinic ON public.procedure USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

ALTER TABLE public.proxy_grant ENABLE ROW LEVEL SECURITY;

CREATE POLICY proxy_grant_ended_by_patient ON public.proxy_grant FOR UPDATE USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND ((patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[])) OR ((account_id)::text = ( SELECT public.app_actor() AS app_actor))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (ended_at IS NOT NULL)));

CREATE POLICY proxy_grant_read_by_patient ON public.proxy_grant FOR SELECT USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[]))));

CREATE POLICY proxy_grant_signing_in ON public.proxy_grant FOR SELECT USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['anonymous'::text, 'patient'::text]))) AND ((account_id)::text = ( SELECT public.app_actor() AS app_actor))));

CREATE POLICY proxy_grant_within_clinic ON public.proxy_grant USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

ALTER TABLE public.read_mark ENABLE ROW LEVEL SECURITY;

CREATE POLICY read_mark_of_reader ON public.read_mark USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[])) AND ((account_id)::text = ( SELECT public.app_actor() AS app_actor)))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[])) AND ((account_id)::text = ( SELECT public.app_actor() AS app_actor))));

CREATE POLICY read_mark_within_clinic ON public.read_mark USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

ALTER TABLE public.recovery_code ENABLE ROW LEVEL SECURITY;

CREATE POLICY recovery_code_of_account ON public.recovery_code USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['anonymous'::text, 'patient'::text]))) AND ((account_id)::text = ( SELECT public.app_actor() AS app_actor))));

CREATE POLICY recovery_code_within_clinic ON public.recovery_code USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

ALTER TABLE public.response ENABLE ROW LEVEL SECURITY;

CREATE POLICY response_due_for_worker ON public.response FOR SELECT TO portico_worker USING (((( SELECT public.app_clinic() AS app_clinic) IS NULL) AND (expires_at IS NOT NULL)));

CREATE POLICY response_of_patient ON public.response USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[])))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[]))));

ALTER TABLE public.response_revision ENABLE ROW LEVEL SECURITY;

CREATE POLICY response_revision_of_patient ON public.response_revision USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[])))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[]))));

CREATE POLICY response_revision_within_clinic ON public.response_revision USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

CREATE POLICY response_within_clinic ON public.response USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

ALTER TABLE public.retraction ENABLE ROW LEVEL SECURITY;

CREATE POLICY retraction_of_patient ON public.retraction USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[])))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[]))));

CREATE POLICY retraction_within_clinic ON public.retraction USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

ALTER TABLE public.review ENABLE ROW LEVEL SECURITY;

CREATE POLICY review_due_for_worker ON public.review FOR SELECT TO portico_worker USING (((( SELECT public.app_clinic() AS app_clinic) IS NULL) AND ((state <> 'decided'::text) OR (valid_until IS NOT NULL))));

ALTER TABLE public.review_event ENABLE ROW LEVEL SECURITY;

CREATE POLICY review_event_left_by_patient ON public.review_event FOR INSERT WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[]))));

CREATE POLICY review_event_within_clinic ON public.review_event USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

CREATE POLICY review_of_patient ON public.review USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[])))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[]))));

CREATE POLICY review_within_clinic ON public.review USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

ALTER TABLE public.screening ENABLE ROW LEVEL SECURITY;

CREATE POLICY screening_of_patient ON public.screening USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[])))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[]))));

CREATE POLICY screening_within_clinic ON public.screening USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

ALTER TABLE public.session ENABLE ROW LEVEL SECURITY;

CREATE POLICY session_by_token ON public.session FOR SELECT USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'anonymous'::text)) AND (token_hash = ( SELECT public.app_actor() AS app_actor))));

CREATE POLICY session_deleted_by_worker ON public.session AS RESTRICTIVE FOR DELETE USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'worker'::text))));

CREATE POLICY session_due_for_worker ON public.session FOR SELECT TO portico_worker USING ((( SELECT public.app_clinic() AS app_clinic) IS NULL));

CREATE POLICY session_of_account ON public.session USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['anonymous'::text, 'patient'::text]))) AND ((account_id)::text = ( SELECT public.app_actor() AS app_actor))));

CREATE POLICY session_within_clinic ON public.session USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

ALTER TABLE public.signature ENABLE ROW LEVEL SECURITY;

CREATE POLICY signature_read_in_clinic ON public.signature FOR SELECT USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['patient'::text, 'anonymous'::text])))));

CREATE POLICY signature_within_clinic ON public.signature USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

ALTER TABLE public.staff ENABLE ROW LEVEL SECURITY;

CREATE POLICY staff_signing_in ON public.staff FOR SELECT USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['anonymous'::text, 'patient'::text]))) AND ((account_id)::text = ( SELECT public.app_actor() AS app_actor))));

CREATE POLICY staff_within_clinic ON public.staff USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

ALTER TABLE public.thread ENABLE ROW LEVEL SECURITY;

CREATE POLICY thread_due_for_worker ON public.thread FOR SELECT TO portico_worker USING (((( SELECT public.app_clinic() AS app_clinic) IS NULL) AND ((unread_by_patient_due IS NOT NULL) OR (unread_by_staff_due IS NOT NULL))));

CREATE POLICY thread_of_patient ON public.thread USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[])))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = 'patient'::text)) AND (patient_id = ANY (( SELECT public.app_patients() AS app_patients)::uuid[]))));

CREATE POLICY thread_within_clinic ON public.thread USING (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text]))))) WITH CHECK (((clinic_id = ( SELECT public.app_clinic() AS app_clinic)) AND ( SELECT (public.app_kind() = ANY (ARRAY['staff'::text, 'worker'::text])))));

REVOKE USAGE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO portico_app;
GRANT USAGE ON SCHEMA public TO portico_worker;
GRANT USAGE ON SCHEMA public TO portico_backup;
GRANT ALL ON SCHEMA public TO portico_owner;

GRANT SELECT,INSERT,UPDATE ON TABLE public.account TO portico_app;
GRANT SELECT ON TABLE public.account TO portico_worker;

GRANT SELECT,INSERT,UPDATE ON TABLE public.account_contact TO portico_app;

GRANT SELECT,INSERT ON TABLE public.account_name_change TO portico_app;

GRANT SELECT ON TABLE public.alembic_version TO portico_app;
GRANT SELECT ON TABLE public.alembic_version TO portico_worker;
GRANT SELECT ON TABLE public.alembic_version TO portico_backup;

GRANT SELECT,INSERT ON TABLE public.assignment TO portico_app;

GRANT SELECT,INSERT ON TABLE public.attachment TO portico_app;
GRANT UPDATE ON TABLE public.attachment TO portico_worker;

GRANT SELECT(clinic_id) ON TABLE public.attachment TO portico_worker;

GRANT SELECT(attachment_id) ON TABLE public.attachment TO portico_worker;

GRANT SELECT(patient_id) ON TABLE public.attachment TO portico_worker;

GRANT UPDATE(state) ON TABLE public.attachment TO portico_app;
GRANT SELECT(state) ON TABLE public.attachment TO portico_worker;

GRANT SELECT(media_type) ON TABLE public.attachment TO portico_worker;

GRANT SELECT(size) ON TABLE public.attachment TO portico_worker;

GRANT SELECT(blob_key) ON TABLE public.attachment TO portico_worker;

GRANT UPDATE(scan_key_sealed) ON TABLE public.attachment TO portico_app;
GRANT SELECT(scan_key_sealed) ON TABLE public.attachment TO portico_worker;

GRANT SELECT(uploaded_by) ON TABLE public.attachment TO portico_worker;

GRANT UPDATE(holder_kind) ON TABLE public.attachment TO portico_app;
GRANT SELECT(holder_kind) ON TABLE public.attachment TO portico_worker;

GRANT UPDATE(holder_id) ON TABLE public.attachment TO portico_app;
GRANT SELECT(holder_id) ON TABLE public.attachment TO portico_worker;

GRANT SELECT(created_at) ON TABLE public.attachment TO portico_worker;

GRANT UPDATE(orphan_at) ON TABLE public.attachment TO portico_app;
GRANT SELECT(orphan_at) ON TABLE public.attachment TO portico_worker;

GRANT UPDATE(scan_at) ON TABLE public.attachment TO portico_app;
GRANT SELECT(scan_at) ON TABLE public.attachment TO portico_worker;

GRANT SELECT(scan_tries) ON TABLE public.attachment TO portico_worker;

GRANT UPDATE(erase_at) ON TABLE public.attachment TO portico_app;
GRANT SELECT(erase_at) ON TABLE public.attachment TO portico_worker;

GRANT SELECT(due_at) ON TABLE public.attachment TO portico_worker;

GRANT SELECT,INSERT ON TABLE public.audit_event TO portico_app;
GRANT INSERT ON TABLE public.audit_event TO portico_worker;

GRANT SELECT(clinic_id) ON TABLE public.audit_event TO portico_worker;

GRANT SELECT(event_id) ON TABLE public.audit_event TO portico_worker;

GRANT SELECT(fold_key) ON TABLE public.audit_event TO portico_worker;

GRANT SELECT,INSERT,UPDATE ON TABLE public.check_in_due TO portico_app;
GRANT SELECT,UPDATE ON TABLE public.check_in_due TO portico_worker;

GRANT SELECT,INSERT ON TABLE public.clinic TO portico_app;
GRANT SELECT ON TABLE public.clinic TO portico_worker;

GRANT UPDATE(name) ON TABLE public.clinic TO portico_app;

GRANT UPDATE(zone) ON TABLE public.clinic TO portico_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.clinic_key TO portico_app;
GRANT SELECT ON TABLE public.clinic_key TO portico_worker;

GRANT SELECT,INSERT ON TABLE public.clinic_opening TO portico_app;
GRANT SELECT ON TABLE public.clinic_opening TO portico_worker;

GRANT SELECT,INSERT,UPDATE ON TABLE public.clinic_setting TO portico_app;
GRANT SELECT ON TABLE public.clinic_setting TO portico_worker;

GRANT SELECT,INSERT ON TABLE public.clinic_setting_event TO portico_app;

GRANT SELECT,INSERT ON TABLE public.closure TO portico_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.consult TO portico_app;

GRANT SELECT(clinic_id) ON TABLE public.consult TO portico_worker;

GRANT SELECT(consult_id) ON TABLE public.consult TO portico_worker;

GRANT SELECT(patient_id) ON TABLE public.consult TO portico_worker;

GRANT SELECT(clinician_id) ON TABLE public.consult TO portico_worker;

GRANT SELECT(starts_at) ON TABLE public.consult TO portico_worker;

GRANT SELECT(state) ON TABLE public.consult TO portico_worker;

GRANT SELECT(revision) ON TABLE public.consult TO portico_worker;

GRANT SELECT(created_at) ON TABLE public.consult TO portico_worker;

GRANT SELECT,INSERT,UPDATE ON TABLE public.credential TO portico_app;

GRANT SELECT,INSERT ON TABLE public.decision TO portico_app;

GRANT SELECT(clinic_id) ON TABLE public.decision TO portico_worker;

GRANT SELECT(response_id) ON TABLE public.decision TO portico_worker;

GRANT SELECT(decision_id) ON TABLE public.decision TO portico_worker;

GRANT SELECT(response_revision) ON TABLE public.decision TO portico_worker;

GRANT SELECT(patient_id) ON TABLE public.decision TO portico_worker;

GRANT SELECT(decision) ON TABLE public.decision TO portico_worker;

GRANT SELECT(told_patient) ON TABLE public.decision TO portico_worker;

GRANT SELECT(decided_by) ON TABLE public.decision TO portico_worker;

GRANT SELECT(decided_at) ON TABLE public.decision TO portico_worker;

GRANT SELECT,INSERT,UPDATE ON TABLE public.draft TO portico_app;

GRANT SELECT,INSERT ON TABLE public.email_change TO portico_app;

GRANT UPDATE(state) ON TABLE public.email_change TO portico_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.escalation TO portico_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.escalation TO portico_worker;

GRANT SELECT,INSERT ON TABLE public.escalation_event TO portico_app;
GRANT INSERT ON TABLE public.escalation_event TO portico_worker;

GRANT SELECT,INSERT ON TABLE public.factor_recovery TO portico_app;

GRANT UPDATE(state) ON TABLE public.factor_recovery TO portico_app;

GRANT UPDATE(second_by) ON TABLE public.factor_recovery TO portico_app;

GRANT UPDATE(second_at) ON TABLE public.factor_recovery TO portico_app;

GRANT UPDATE(second_reason_sealed) ON TABLE public.factor_recovery TO portico_app;

GRANT SELECT,INSERT ON TABLE public.finding TO portico_app;
GRANT SELECT ON TABLE public.finding TO portico_worker;

GRANT SELECT,INSERT ON TABLE public.identity_change TO portico_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.invitation TO portico_app;

GRANT SELECT,INSERT ON TABLE public.level_change TO portico_app;

GRANT SELECT,INSERT ON TABLE public.message TO portico_app;

GRANT SELECT(clinic_id) ON TABLE public.message TO portico_worker;

GRANT SELECT(message_id) ON TABLE public.message TO portico_worker;

GRANT SELECT(thread_id) ON TABLE public.message TO portico_worker;

GRANT SELECT(patient_id) ON TABLE public.message TO portico_worker;

GRANT SELECT(seq) ON TABLE public.message TO portico_worker;

GRANT SELECT(kind) ON TABLE public.message TO portico_worker;

GRANT SELECT(author_id) ON TABLE public.message TO portico_worker;

GRANT SELECT(author_role) ON TABLE public.message TO portico_worker;

GRANT SELECT(from_patient) ON TABLE public.message TO portico_worker;

GRANT SELECT(level) ON TABLE public.message TO portico_worker;

GRANT SELECT(sent_at) ON TABLE public.message TO portico_worker;

GRANT SELECT,INSERT ON TABLE public.message_reading TO portico_app;

GRANT SELECT,INSERT ON TABLE public.note TO portico_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.notification TO portico_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.notification TO portico_worker;

GRANT SELECT,INSERT,UPDATE ON TABLE public.notification_choice TO portico_app;
GRANT SELECT ON TABLE public.notification_choice TO portico_worker;

GRANT SELECT,INSERT ON TABLE public.page_test TO portico_app;
GRANT SELECT ON TABLE public.page_test TO portico_worker;

GRANT UPDATE(state) ON TABLE public.page_test TO portico_app;
GRANT UPDATE(state) ON TABLE public.page_test TO portico_worker;

GRANT UPDATE(confirmed_by) ON TABLE public.page_test TO portico_app;
GRANT UPDATE(confirmed_by) ON TABLE public.page_test TO portico_worker;

GRANT UPDATE(confirmed_at) ON TABLE public.page_test TO portico_app;
GRANT UPDATE(confirmed_at) ON TABLE public.page_test TO portico_worker;

GRANT SELECT,INSERT,UPDATE ON TABLE public.password_reset TO portico_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.patient TO portico_app;

GRANT SELECT(clinic_id) ON TABLE public.patient TO portico_worker;

GRANT SELECT(patient_id) ON TABLE public.patient TO portico_worker;

GRANT SELECT(name) ON TABLE public.patient TO portico_worker;

GRANT SELECT(born_on) ON TABLE public.patient TO portico_worker;

GRANT SELECT(clinic_number) ON TABLE public.patient TO portico_worker;

GRANT SELECT(state) ON TABLE public.patient TO portico_worker;

GRANT SELECT(created_at) ON TABLE public.patient TO portico_worker;

GRANT SELECT(verified) ON TABLE public.patient TO portico_worker;

GRANT SELECT,INSERT,UPDATE ON TABLE public.patient_key TO portico_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.patient_match TO portico_app;
GRANT SELECT ON TABLE public.patient_match TO portico_worker;

GRANT SELECT,INSERT,UPDATE ON TABLE public.procedure TO portico_app;

GRANT SELECT(clinic_id) ON TABLE public.procedure TO portico_worker;

GRANT SELECT(procedure_id) ON TABLE public.procedure TO portico_worker;

GRANT SELECT(patient_id) ON TABLE public.procedure TO portico_worker;

GRANT SELECT(state) ON TABLE public.procedure TO portico_worker;

GRANT SELECT(performed_on) ON TABLE public.procedure TO portico_worker;

GRANT SELECT(regions) ON TABLE public.procedure TO portico_worker;

GRANT SELECT(tissues) ON TABLE public.procedure TO portico_worker;

GRANT SELECT(hydrodissection) ON TABLE public.procedure TO portico_worker;

GRANT SELECT,INSERT ON TABLE public.proxy_grant TO portico_app;
GRANT SELECT ON TABLE public.proxy_grant TO portico_worker;

GRANT UPDATE(scope) ON TABLE public.proxy_grant TO portico_app;

GRANT UPDATE(confirmed_by) ON TABLE public.proxy_grant TO portico_app;

GRANT UPDATE(starts_at) ON TABLE public.proxy_grant TO portico_app;

GRANT UPDATE(ends_at) ON TABLE public.proxy_grant TO portico_app;

GRANT UPDATE(proxy_name) ON TABLE public.proxy_grant TO portico_app;

GRANT UPDATE(ended_by) ON TABLE public.proxy_grant TO portico_app;

GRANT UPDATE(ended_at) ON TABLE public.proxy_grant TO portico_app;

GRANT UPDATE(end_reason) ON TABLE public.proxy_grant TO portico_app;

GRANT SELECT,INSERT ON TABLE public.questionnaire TO portico_app;
GRANT SELECT ON TABLE public.questionnaire TO portico_worker;

GRANT UPDATE(withdrawn_at) ON TABLE public.questionnaire TO portico_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.rate_limit TO portico_app;
GRANT SELECT,DELETE ON TABLE public.rate_limit TO portico_worker;

GRANT SELECT,INSERT,UPDATE ON TABLE public.read_mark TO portico_app;

GRANT SELECT,INSERT ON TABLE public.recovery_code TO portico_app;

GRANT UPDATE(used_at) ON TABLE public.recovery_code TO portico_app;

GRANT UPDATE(replaced_at) ON TABLE public.recovery_code TO portico_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.response TO portico_app;
GRANT UPDATE ON TABLE public.response TO portico_worker;

GRANT SELECT(clinic_id) ON TABLE public.response TO portico_worker;

GRANT SELECT(response_id) ON TABLE public.response TO portico_worker;

GRANT SELECT(patient_id) ON TABLE public.response TO portico_worker;

GRANT SELECT(questionnaire_url) ON TABLE public.response TO portico_worker;

GRANT SELECT(questionnaire_version) ON TABLE public.response TO portico_worker;

GRANT SELECT(state) ON TABLE public.response TO portico_worker;

GRANT SELECT(revision) ON TABLE public.response TO portico_worker;

GRANT SELECT(submitted_revision) ON TABLE public.response TO portico_worker;

GRANT SELECT(danger) ON TABLE public.response TO portico_worker;

GRANT SELECT(created_by) ON TABLE public.response TO portico_worker;

GRANT SELECT(created_at) ON TABLE public.response TO portico_worker;

GRANT SELECT(saved_at) ON TABLE public.response TO portico_worker;

GRANT SELECT(expires_at) ON TABLE public.response TO portico_worker;

GRANT SELECT(kind) ON TABLE public.response TO portico_worker;

GRANT SELECT(thread_id) ON TABLE public.response TO portico_worker;

GRANT SELECT(finish_due_at) ON TABLE public.response TO portico_worker;

GRANT SELECT,INSERT ON TABLE public.response_revision TO portico_app;

GRANT SELECT,INSERT ON TABLE public.retraction TO portico_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.review TO portico_app;
GRANT SELECT,UPDATE ON TABLE public.review TO portico_worker;

GRANT SELECT,INSERT ON TABLE public.review_event TO portico_app;
GRANT INSERT ON TABLE public.review_event TO portico_worker;

GRANT SELECT,INSERT ON TABLE public.rule_set TO portico_app;
GRANT SELECT ON TABLE public.rule_set TO portico_worker;

GRANT UPDATE(withdrawn_at) ON TABLE public.rule_set TO portico_app;

GRANT SELECT,INSERT ON TABLE public.screening TO portico_app;
GRANT SELECT ON TABLE public.screening TO portico_worker;

GRANT SELECT,INSERT,UPDATE ON TABLE public.session TO portico_app;
GRANT DELETE ON TABLE public.session TO portico_worker;

GRANT SELECT(clinic_id) ON TABLE public.session TO portico_worker;

GRANT SELECT(session_id) ON TABLE public.session TO portico_worker;

GRANT SELECT(expires_at) ON TABLE public.session TO portico_worker;

GRANT SELECT,INSERT,DELETE ON TABLE public.sign_in TO portico_app;

GRANT SELECT,INSERT ON TABLE public.signature TO portico_app;
GRANT SELECT ON TABLE public.signature TO portico_worker;

GRANT UPDATE(digest) ON TABLE public.signature TO portico_app;

GRANT UPDATE(signed_by) ON TABLE public.signature TO portico_app;

GRANT UPDATE(signed_at) ON TABLE public.signature TO portico_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.staff TO portico_app;
GRANT SELECT ON TABLE public.staff TO portico_worker;

GRANT SELECT,INSERT,UPDATE ON TABLE public.thread TO portico_app;
GRANT UPDATE ON TABLE public.thread TO portico_worker;

GRANT SELECT(clinic_id) ON TABLE public.thread TO portico_worker;

GRANT SELECT(thread_id) ON TABLE public.thread TO portico_worker;

GRANT SELECT(patient_id) ON TABLE public.thread TO portico_worker;

GRANT SELECT(topic) ON TABLE public.thread TO portico_worker;

GRANT SELECT(pool) ON TABLE public.thread TO portico_worker;

GRANT SELECT(state) ON TABLE public.thread TO portico_worker;

GRANT SELECT(first_message_id) ON TABLE public.thread TO portico_worker;

GRANT SELECT(last_seq) ON TABLE public.thread TO portico_worker;

GRANT SELECT(level) ON TABLE public.thread TO portico_worker;

GRANT SELECT(level_rank) ON TABLE public.thread TO portico_worker;

GRANT SELECT(danger_from_seq) ON TABLE public.thread TO portico_worker;

GRANT SELECT(assignee_id) ON TABLE public.thread TO portico_worker;

GRANT SELECT(opened_by) ON TABLE public.thread TO portico_worker;

GRANT SELECT(opened_at) ON TABLE public.thread TO portico_worker;

GRANT SELECT(last_at) ON TABLE public.thread TO portico_worker;

GRANT SELECT(waiting_since) ON TABLE public.thread TO portico_worker;

GRANT SELECT(read_by_patient_seq) ON TABLE public.thread TO portico_worker;

GRANT SELECT(read_by_staff_seq) ON TABLE public.thread TO portico_worker;

GRANT SELECT(unread_by_patient_due) ON TABLE public.thread TO portico_worker;

GRANT SELECT(unread_by_staff_due) ON TABLE public.thread TO portico_worker;
