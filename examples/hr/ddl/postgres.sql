-- The three tables of the HR example for PostgreSQL. The files give moments in UTC (…Z), hence TIMESTAMPTZ.
CREATE TABLE departments (
  id INTEGER PRIMARY KEY,
  department VARCHAR(100) NOT NULL
);

CREATE TABLE jobs (
  id INTEGER PRIMARY KEY,
  job VARCHAR(100) NOT NULL
);

CREATE TABLE hired_employees (
  id INTEGER PRIMARY KEY,
  name VARCHAR(200) NOT NULL,
  datetime TIMESTAMPTZ NOT NULL,
  department_id INTEGER NOT NULL REFERENCES departments (id),
  job_id INTEGER NOT NULL REFERENCES jobs (id)
);
