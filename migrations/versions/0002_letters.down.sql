alter table notification drop column address, drop column link_sealed;
