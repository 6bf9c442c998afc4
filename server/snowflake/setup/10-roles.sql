-- Who does what. Needs USERADMIN, or a role with CREATE ROLE and CREATE USER.
CREATE ROLE IF NOT EXISTS {{loader}} COMMENT = 'Maily: writes what the region''s server sends; reads nothing of tenants.';
CREATE ROLE IF NOT EXISTS {{reader}} COMMENT = 'Maily: analysts who may read readers'' own words.';
CREATE ROLE IF NOT EXISTS {{marketer}} COMMENT = 'Maily: reads answers of its tenants; readers and their words are masked.';
CREATE ROLE IF NOT EXISTS {{agent}} COMMENT = 'Maily: programs. Reads the flat current views of its tenants, never words.';
GRANT ROLE {{loader}} TO ROLE SYSADMIN;
GRANT ROLE {{reader}} TO ROLE SYSADMIN;
GRANT ROLE {{marketer}} TO ROLE SYSADMIN;
GRANT ROLE {{agent}} TO ROLE SYSADMIN;
-- The streaming interface knows no role but the user's default one.
CREATE USER IF NOT EXISTS {{user}} TYPE = SERVICE DEFAULT_ROLE = {{loader}} DEFAULT_WAREHOUSE = {{warehouse}} RSA_PUBLIC_KEY = '{{publicKey}}' COMMENT = 'Maily''s server in {{region}}.';
ALTER USER {{user}} SET RSA_PUBLIC_KEY = '{{publicKey}}', DEFAULT_ROLE = {{loader}};
GRANT ROLE {{loader}} TO USER {{user}};
