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

revoke select (verified) on patient from portico_worker;
drop table patient_match, password_reset, invitation;
drop index account_by_patient, patient_by_phone, patient_by_birth_date, patient_by_name;
alter table patient drop column phone_hmac, drop column verified;
