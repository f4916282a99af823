"""The installed Django and WhiteNoise have the parts that the site uses for static files."""

from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from whitenoise import WhiteNoise

from chat.adapters import django_static, whitenoise
from tests.adapters.holding import changed_attributes, changed_methods


def test_the_handler_of_static_files_has_what_the_site_calls():
    assert changed_methods("django_static", ASGIStaticFilesHandler, django_static.HANDLER_METHODS) == []


def test_the_storage_looks_up_names_as_before(tmp_path):
    storage = ManifestStaticFilesStorage(location=tmp_path, base_url="/static/")
    assert changed_attributes("django_static", storage, django_static.STORAGE_ATTRIBUTES) == []
    assert changed_methods("django_static", ManifestStaticFilesStorage, django_static.STORAGE_METHODS) == []


def test_whitenoise_describes_and_answers_for_a_file(tmp_path):
    (tmp_path / "a.txt").write_text("hello")
    index = WhiteNoise(None, root=tmp_path, prefix="/static/")
    assert changed_attributes("whitenoise", index, whitenoise.INDEX_ATTRIBUTES) == []
    assert changed_methods("whitenoise", WhiteNoise, whitenoise.INDEX_METHODS) == []
    file = index.files["/static/a.txt"]
    assert changed_methods("whitenoise", type(file), whitenoise.FILE_METHODS) == []
    response = file.get_response("GET", {})
    assert changed_attributes("whitenoise", response, whitenoise.RESPONSE_ATTRIBUTES) == []
    response.file.close()


def test_a_file_that_was_collected_since_is_found(tmp_path):
    index = whitenoise.FileIndex(tmp_path, "/static/")
    (tmp_path / "a.txt").write_text("hello")
    assert "/static/a.txt" not in index.files
    assert index.look_for("/static/a.txt") is index.files["/static/a.txt"]
    assert index.look_for("/static/b.txt") is None
