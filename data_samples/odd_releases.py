"""Releases in the older form of the Discogs dumps, written by hand: one for each oddity real dumps have."""

ARTIST = "<artist><id>{}</id><name>{}</name><anv>{}</anv><join>{}</join><role/><tracks/></artist>"
TRACK = "<track><position>{}</position><title>{}</title><duration>{}</duration>{}</track>"
RELEASE = (
    '<release id="{}" status="Accepted">{}<artists>{}</artists><title>{}</title><labels>{}</labels>'
    '<extraartists/><formats><format name="Vinyl" qty="1" text=""><descriptions><description>12&quot;</description>'
    "<description>33 &#8531; RPM</description></descriptions></format></formats><genres><genre>Folk, World, &amp; "
    "Country</genre></genres>{}<tracklist>{}</tracklist>{}</release>\n"
)
LABEL = '<label name="{}" catno="{}" id="{}"/>'
NOBODY = ARTIST.format(7, "Nobody Else (2)", "", "")
HOME = LABEL.format("Made Up Records", "MU 1", 31)


def artist(number: int, name: str, variation: str = "", join: str = "") -> str:
    """Return an artist of a release or track."""
    return ARTIST.format(number, name, variation, join)


def track(position: str, title: str, duration: str = "", more: str = "") -> str:
    """Return an entry of a tracklist."""
    return TRACK.format(position, title, duration, more)


def release(
    number: int,
    title: str,
    tracks: str,
    artists: str = NOBODY,
    labels: str = HOME,
    fields: str = "<released>1999-03-00</released>",
    *,
    before: str = "",
    after: str = "",
) -> str:
    """Return a release."""
    return RELEASE.format(number, before, artists, title, labels, fields, tracks, after)


RELEASES = [
    release(900_001, "Plain &#214;dd", track("A1", "S&#246;ng", "3:45") + track("A2", "Other", "1:02:03")),
    release(
        900_002,
        "Several artists, one under another name",
        track("1", "Together", "148:00"),
        artist(7, "Nobody Else (2)", "N. Else", "Feat.") + artist(8, "The &lt;Third&gt;", "", ",") + artist(9, "AC/DZ"),
    ),
    release(
        900_003,
        "Various, and tracks with their own artists",
        track("1", "Mine", "", f"<artists>{artist(9, 'AC/DZ')}</artists>")
        + track("2", "Ours", "2:00", f"<artists>{artist(8, 'The &lt;Third&gt;', '', '&amp;')}{NOBODY}</artists>")
        + track("3", "Nobody knows", "", f"<artists>{artist(355, 'Unknown Artist')}</artists>"),
        artist(194, "Various"),
    ),
    release(
        900_004,
        "Headings, an index track, parts without title",
        track("", "This Side")
        + track("", "Suite", "9:00", f"<sub_tracks>{track('A1a', 'Part One')}{track('A1b', '')}</sub_tracks>")
        + track("A2", "After", "0:59"),
    ),
    release(900_005, "A title twice", track("1", "Untitled", "1:00") + track("2", "Untitled", "2:00")),
    release(
        900_006,
        "A label twice, and one that is none",
        track("1", "Numbers"),
        labels=HOME + LABEL.format("Made Up Records", "MU1CD", 31) + LABEL.format("Not On Label", "none", 1818),
        fields="<country>C&#244;te d'Ivoire</country><released>1999-00-00</released>",
    ),
    release(
        900_007,
        "No date, no country, letters \U0001d4dc outside the BMP: &#120016;",
        track("", ""),
        fields="<notes>First line&#13;\n&#13;\nlast &quot;line&quot;</notes>",
        after='<master_id is_main_release="true">5000</master_id>',
    ),
    release(
        900_008,
        "A new element and attribute",
        track("1", "Tomorrow", more='<mood unit="lumen">bright</mood>'),
        before='<images><image type="primary" uri="" uri150="" width="600" height="600"/></images>',
    ),
    release(900_009, "A broken record: \x07 rings", track("1", "Never read")),
    release(900_001, "Met before", track("1", "Never read either")),
    release(900_010, "The last one; the root is not closed", track("1", "End", "0:30")),
]
FILE = "<releases>\n" + "".join(RELEASES)
