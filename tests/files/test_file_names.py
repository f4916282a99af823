"""Names of files: safe to show and to save, with their extension."""

from chat.text.file_names import MAX_LENGTH, clean_file_name
from tests.cases import each


@each(
    ("typed", "name"),
    [
        ("map.png", "map.png"),
        ("Übersicht ‹1›.tar.gz", "Übersicht ‹1›.tar.gz"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\bob\\map.png", "map.png"),
        ("..", "file"),
        ("", "file"),
        ("/", "file"),
        (".htaccess", "htaccess"),
        ("map\x00\x1b[2J.png", "map[2J.png"),
        ("map\r\nSet-Cookie: a=b.png", "map Set-Cookie_ a=b.png"),
        ("ann\u202egpj.exe", "anngpj.exe"),
        ("\u200fmap\u200e.png\u061c", "map.png"),
        ('a<b>"c|d?e*f:g', "a_b__c_d_e_f_g"),
        ("x" * 500 + ".png", "x" * (MAX_LENGTH - 4) + ".png"),
        ("x" * 500, "x" * MAX_LENGTH),
        ("x." + "y" * 500, "x." + "y" * (MAX_LENGTH - 2)),
        ("\ud800map.png", "map.png"),
        ("🗺️.png", "🗺️.png"),
    ],
)
def test_names_are_cleaned(typed, name):
    assert clean_file_name(typed) == name
    assert clean_file_name(name) == name
