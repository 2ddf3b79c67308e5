-- The indexes by which left requests and old answers are found.
CREATE INDEX rowferry_answers_lease ON rowferry_answers (lease) WHERE lease IS NOT NULL;

CREATE INDEX rowferry_answers_created_at ON rowferry_answers (created_at);
