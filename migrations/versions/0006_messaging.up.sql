-- Messaging. Deploy step: expand. `thread.last_seq` is the counter: whoever adds a message holds the thread's row first, so
-- numbers have no gap and number n+1 is never seen before n. Messages are never changed: the program may only insert them.

-- A message that nobody reads is work for somebody, and no red flag by itself.
alter table escalation drop constraint escalation_cause_is_known;
alter table escalation add constraint escalation_cause_is_known
    check (cause in ('red_flag', 'triage', 'late_review', 'unread'));

create table thread (
    clinic_id uuid not null,
    thread_id uuid not null,
    patient_id uuid not null,
    topic text not null constraint thread_topic_is_known check (topic in (
        'soreness', 'before_visit', 'medicine', 'appointment', 'billing', 'technical', 'other')),
    pool text not null constraint thread_pool_is_known check (pool in ('front_desk', 'nurses')),
    state text not null constraint thread_state_is_known check (state in ('open', 'closed')),
    subject_sealed bytea not null,
    content_digest bytea not null,
    first_message_id uuid not null,
    last_seq integer not null,
    level text not null constraint thread_level_is_known
        check (level in ('emergency', 'call_now', 'same_day', 'routine')),
    level_rank smallint not null generated always as (
        case level when 'emergency' then 0 when 'call_now' then 1 when 'same_day' then 2 else 3 end) stored,
    danger_from_seq integer,
    assignee_id uuid,
    closure_id uuid,
    opened_by uuid not null,
    opened_at timestamptz not null,
    last_at timestamptz not null,
    waiting_since timestamptz,
    read_by_patient_seq integer not null default 0,
    read_by_staff_seq integer not null default 0,
    unread_by_patient_due timestamptz,
    unread_by_staff_due timestamptz,
    primary key (clinic_id, thread_id),
    foreign key (clinic_id, patient_id) references patient,
    foreign key (clinic_id, assignee_id) references staff,
    constraint thread_is_of_one_patient unique (clinic_id, thread_id, patient_id),
    constraint thread_closed_says_what_next check ((state = 'closed') = (closure_id is not null)),
    constraint thread_has_a_message check (last_seq > 0)
);
create index thread_by_patient on thread (clinic_id, patient_id, last_at desc, thread_id desc);
create index thread_by_activity on thread (clinic_id, last_at desc, thread_id desc);
create index thread_open on thread (clinic_id, pool) where state = 'open';
create index thread_unread_by_patient on thread (unread_by_patient_due) where unread_by_patient_due is not null;
create index thread_unread_by_staff on thread (unread_by_staff_due) where unread_by_staff_due is not null;

create table message (
    clinic_id uuid not null,
    message_id uuid not null,
    thread_id uuid not null,
    patient_id uuid not null,
    seq integer not null,
    kind text not null constraint message_kind_is_known check (kind in ('check_in', 'text')),
    author_id uuid not null,
    author_name text not null,
    author_role text not null constraint message_author_role_is_known
        check (author_role in ('patient', 'proxy', 'clinician', 'nurse', 'front_desk', 'admin')),
    on_behalf_of uuid,
    from_patient boolean not null,
    body_sealed bytea,
    content_digest bytea not null,
    reply_to uuid,
    attachments uuid[] not null,
    response_id uuid,
    level text not null constraint message_level_is_known
        check (level in ('emergency', 'call_now', 'same_day', 'routine')),
    rules text[] not null,
    spans text not null,
    reader_version text,
    guidance_keys text[] not null,
    sent_at timestamptz not null,
    primary key (clinic_id, message_id),
    foreign key (clinic_id, thread_id, patient_id) references thread (clinic_id, thread_id, patient_id),
    foreign key (clinic_id, response_id, patient_id) references response (clinic_id, response_id, patient_id),
    constraint message_number_is_unique_in_thread unique (clinic_id, thread_id, seq),
    constraint message_is_of_one_thread unique (clinic_id, message_id, thread_id, patient_id),
    constraint message_check_in_has_a_response check ((kind = 'check_in') = (response_id is not null)),
    constraint message_text_has_a_body check (kind = 'check_in' or body_sealed is not null)
);
create index message_of_patient on message (clinic_id, patient_id, sent_at) where from_patient;

create table retraction (
    clinic_id uuid not null,
    message_id uuid not null,
    thread_id uuid not null,
    patient_id uuid not null,
    reason_sealed bytea not null,
    retracted_by uuid not null,
    retracted_by_name text not null,
    retracted_at timestamptz not null,
    primary key (clinic_id, message_id),
    foreign key (clinic_id, message_id, thread_id, patient_id)
        references message (clinic_id, message_id, thread_id, patient_id)
);

create table level_change (
    clinic_id uuid not null,
    message_id uuid not null,
    number smallint not null,
    thread_id uuid not null,
    patient_id uuid not null,
    level_before text not null,
    level_after text not null constraint level_change_level_is_known
        check (level_after in ('emergency', 'call_now', 'same_day', 'routine')),
    reason_sealed bytea not null,
    changed_by uuid not null,
    changed_by_name text not null,
    changed_at timestamptz not null,
    primary key (clinic_id, message_id, number),
    foreign key (clinic_id, message_id, thread_id, patient_id)
        references message (clinic_id, message_id, thread_id, patient_id)
);

create table closure (
    clinic_id uuid not null,
    closure_id uuid not null,
    thread_id uuid not null,
    patient_id uuid not null,
    sentence_sealed bytea not null,
    closed_by uuid not null,
    closed_by_name text not null,
    closed_at timestamptz not null,
    primary key (clinic_id, closure_id),
    foreign key (clinic_id, thread_id, patient_id) references thread (clinic_id, thread_id, patient_id)
);
create index closure_by_thread on closure (clinic_id, thread_id, closed_at);

create table note (
    clinic_id uuid not null,
    note_id uuid not null,
    thread_id uuid not null,
    patient_id uuid not null,
    author_id uuid not null,
    author_name text not null,
    body_sealed bytea not null,
    written_at timestamptz not null,
    primary key (clinic_id, note_id),
    foreign key (clinic_id, thread_id, patient_id) references thread (clinic_id, thread_id, patient_id)
);
create index note_by_thread on note (clinic_id, thread_id, written_at, note_id);

create table assignment (
    clinic_id uuid not null,
    assignment_id uuid not null,
    thread_id uuid not null,
    patient_id uuid not null,
    assigned_to uuid,
    assigned_by uuid not null,
    reason_sealed bytea,
    assigned_at timestamptz not null,
    primary key (clinic_id, assignment_id),
    foreign key (clinic_id, thread_id, patient_id) references thread (clinic_id, thread_id, patient_id)
);
create index assignment_by_thread on assignment (clinic_id, thread_id, assigned_at, assignment_id);

-- One account may read with either hat, and each hat reads for itself.
create table read_mark (
    clinic_id uuid not null,
    thread_id uuid not null,
    account_id uuid not null,
    hat text not null constraint read_mark_hat_is_known check (hat in ('patient', 'staff')),
    patient_id uuid not null,
    seq integer not null,
    read_at timestamptz not null,
    primary key (clinic_id, thread_id, account_id, hat),
    foreign key (clinic_id, thread_id, patient_id) references thread (clinic_id, thread_id, patient_id),
    foreign key (clinic_id, account_id) references account
);

-- A draft may be of a thread that does not exist yet. Sent or thrown away, its row stays without content.
create table draft (
    clinic_id uuid not null,
    thread_id uuid not null,
    account_id uuid not null,
    hat text not null constraint draft_hat_is_known check (hat in ('patient', 'staff')),
    patient_id uuid not null,
    message_id uuid,
    topic text,
    subject_sealed bytea,
    body_sealed bytea,
    attachments uuid[] not null,
    saved_at timestamptz not null,
    primary key (clinic_id, thread_id, account_id, hat),
    foreign key (clinic_id, patient_id) references patient,
    foreign key (clinic_id, account_id) references account
);
create index draft_by_account on draft (clinic_id, account_id, saved_at) where body_sealed is not null;

do $$
declare
    name text;
begin
    foreach name in array array[
        'thread', 'message', 'retraction', 'level_change', 'closure', 'note', 'assignment', 'read_mark', 'draft']
    loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format(
            'create policy %I on %I using (clinic_id = (select app_clinic()) and (select app_kind() in (''staff'', ''worker'')))'
            ' with check (clinic_id = (select app_clinic()) and (select app_kind() in (''staff'', ''worker'')))',
            name || '_within_clinic', name);
    end loop;
    -- What a patient may read and write: rows about the patients this account may act for now.
    foreach name in array array['thread', 'message', 'retraction']
    loop
        execute format(
            'create policy %I on %I using (clinic_id = (select app_clinic()) and (select app_kind() = ''patient'')'
            ' and patient_id = any ((select app_patients())::uuid[]))'
            ' with check (clinic_id = (select app_clinic()) and (select app_kind() = ''patient'')'
            ' and patient_id = any ((select app_patients())::uuid[]))',
            name || '_of_patient', name);
    end loop;
    -- What is of one reader alone.
    foreach name in array array['read_mark', 'draft']
    loop
        execute format(
            'create policy %I on %I using (clinic_id = (select app_clinic()) and (select app_kind() = ''patient'')'
            ' and patient_id = any ((select app_patients())::uuid[]) and account_id::text = (select app_actor()))'
            ' with check (clinic_id = (select app_clinic()) and (select app_kind() = ''patient'')'
            ' and patient_id = any ((select app_patients())::uuid[]) and account_id::text = (select app_actor()))',
            name || '_of_reader', name);
    end loop;
end
$$;

create policy closure_read_by_patient on closure for select
    using (clinic_id = (select app_clinic()) and (select app_kind() = 'patient')
        and patient_id = any ((select app_patients())::uuid[]));

create policy thread_due_for_worker on thread for select to portico_worker
    using ((select app_clinic()) is null and (unread_by_patient_due is not null or unread_by_staff_due is not null));

grant select, insert, update on thread, read_mark, draft to portico_app;
grant select, insert on message, retraction, level_change, closure, note, assignment to portico_app;

-- The worker knows when what was sent and who has read it, not what it says.
grant select (clinic_id, thread_id, patient_id, topic, pool, state, first_message_id, last_seq, level, level_rank,
    danger_from_seq, assignee_id, opened_by, opened_at, last_at, waiting_since, read_by_patient_seq, read_by_staff_seq,
    unread_by_patient_due, unread_by_staff_due) on thread to portico_worker;
grant update on thread to portico_worker;
grant select (clinic_id, message_id, thread_id, patient_id, seq, kind, author_id, author_role, from_patient, level,
    sent_at) on message to portico_worker;
