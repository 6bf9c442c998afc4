-- The loader writes and monitors; everybody else reads views.
GRANT USAGE ON DATABASE {{database}} TO ROLE {{loader}};
GRANT USAGE ON SCHEMA {{database}}.{{schema}} TO ROLE {{loader}};
GRANT USAGE ON WAREHOUSE {{warehouse}} TO ROLE {{loader}};
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE RECORDS TO ROLE {{loader}};
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE EVENT_RECORDS TO ROLE {{loader}};
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE ACTIVITIES TO ROLE {{loader}};
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE DELIVERIES TO ROLE {{loader}};
GRANT SELECT, INSERT, UPDATE ON TABLE BACKFILLS TO ROLE {{loader}};
GRANT READ, WRITE ON STAGE LOADING TO ROLE {{loader}};
GRANT CREATE TABLE ON SCHEMA {{database}}.{{schema}} TO ROLE {{loader}};
GRANT OPERATE, MONITOR ON PIPE RECORDS TO ROLE {{loader}};
GRANT OPERATE, MONITOR ON PIPE EVENT_RECORDS TO ROLE {{loader}};
{{grants:reader}}
-- needs: enterprise
-- Only with row access and masking: without them these roles would see all tenants' readers.
{{grants:marketer}}
{{grants:agent}}
