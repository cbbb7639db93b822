revoke update (name, zone) on clinic from portico_app;
alter table escalation drop column waiting_since;
drop table clinic_opening, page_test, clinic_setting_event;
alter table clinic_setting drop column confirmed_value, drop column changed_by;
