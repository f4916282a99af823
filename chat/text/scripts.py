"""Character classes of scripts, for regular expressions."""

# Scripts in which a word follows another without a space, or in which particles are joined to a name: Thai to Tibetan,
# Myanmar, Khmer, those of the Tai languages, Hangul, kana, Chinese characters with their punctuation, Yi, and the
# halfwidth forms of kana.
SPACELESS = (
    "\u0e00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u1950-\u19ff\u1a20-\u1aaf\u2e80-\ua4cf\ua960-\ua97f"
    "\ua9e0-\ua9ff\uaa60-\uaadf\uac00-\ud7ff\uf900-\ufaff\uff61-\uffdc\U0001aff0-\U0001b16f\U00020000-\U0003ffff"
)
# A letter, digit or underscore of any other script. Within a word of these, no name and no sign begins or ends.
WORD = rf"[^\W{SPACELESS}]"
# What `**` may stand next to without a space: the scripts above and the fullwidth forms of punctuation.
JOINED = f"{SPACELESS}\uff00-\uff60\uffe0-\uffe6"
