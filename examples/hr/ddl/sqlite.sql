-- The three tables of the HR example for SQLite. SQLite enforces no VARCHAR length and no DATETIME form:
-- rowferry takes the declared types as the rule.
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
  datetime DATETIME NOT NULL,
  department_id INTEGER NOT NULL REFERENCES departments (id),
  job_id INTEGER NOT NULL REFERENCES jobs (id)
);
