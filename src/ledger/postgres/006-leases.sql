-- The indexes by which left requests and old answers are found.
CREATE INDEX answers_lease ON rowferry.answers (lease) WHERE lease IS NOT NULL;

CREATE INDEX answers_created_at ON rowferry.answers (created_at);
