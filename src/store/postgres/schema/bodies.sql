-- What a commit calls takes several bodies: a parameter is not renamed in place.
DROP FUNCTION bincard.commit_stock(text, jsonb), bincard.commit_rest(text, jsonb);
