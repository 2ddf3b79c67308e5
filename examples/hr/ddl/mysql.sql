-- The three tables of the HR example for MySQL and MariaDB. A column-level REFERENCES is parsed and ignored there,
-- so the foreign keys stand as table constraints; TIMESTAMP ends in 2038, hence DATETIME (kept in UTC).
CREATE TABLE departments (
  id INT PRIMARY KEY,
  department VARCHAR(100) NOT NULL
) ENGINE = InnoDB CHARACTER SET utf8mb4;

CREATE TABLE jobs (
  id INT PRIMARY KEY,
  job VARCHAR(100) NOT NULL
) ENGINE = InnoDB CHARACTER SET utf8mb4;

CREATE TABLE hired_employees (
  id INT PRIMARY KEY,
  name VARCHAR(200) NOT NULL,
  datetime DATETIME NOT NULL,
  department_id INT NOT NULL,
  job_id INT NOT NULL,
  CONSTRAINT hired_employees_department FOREIGN KEY (department_id) REFERENCES departments (id),
  CONSTRAINT hired_employees_job FOREIGN KEY (job_id) REFERENCES jobs (id)
) ENGINE = InnoDB CHARACTER SET utf8mb4;
