drop function visit_by_token(text, timestamptz);
drop table audit_event, notification, escalation_event, escalation, decision, review_event, review, finding, screening,
    response_revision, response, consult, proxy_grant, session, credential, staff, account, patient_key, patient,
    signature, clinic_key, clinic_setting, rule_set, questionnaire, rate_limit, sign_in, clinic;
drop function app_patients(), app_actor(), app_kind(), app_clinic();
