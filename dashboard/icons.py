"""The dashboard's own icons: stroked paths on a grid of 24, drawn inline so that they take the text's colour."""

ICONS: dict[str, str] = {
    "activity": '<path d="M3 12h4l3-8 4 16 3-8h4"/>',
    "alert": '<path d="M12 4 2.8 19.5h18.4z"/><path d="M12 10v4.2"/><path d="M12 17v.1"/>',
    "arrow": '<path d="M5 12h14"/><path d="m13 6 6 6-6 6"/>',
    "ban": '<circle cx="12" cy="12" r="8.5"/><path d="m6 6 12 12"/>',
    "bolt": '<path d="M13 3 5 14h6l-1 7 8-11h-6z"/>',
    "book": '<path d="M5 4.5h10a3 3 0 0 1 3 3v12H8a3 3 0 0 1-3-3z"/><path d="M5 16.5a3 3 0 0 1 3-3h10"/>',
    "building": '<path d="M5 20.5v-16h9v16"/><path d="M14 9.5h5v11"/><path d="M3 20.5h18"/>'
    '<path d="M8.2 8h2.6M8.2 12h2.6M8.2 16h2.6"/>',
    "calendar": '<rect x="4" y="5.5" width="16" height="15" rx="2"/><path d="M4 10h16M8.5 3v4M15.5 3v4"/>',
    "card": '<rect x="3" y="5.5" width="18" height="13" rx="2.2"/><path d="M3 10h18M7 15h3.5"/>',
    "chart": '<path d="M4 20h16M7.5 16.5v-5M12 16.5v-10M16.5 16.5v-7"/>',
    "check": '<path d="m5 12.5 4.6 4.6L19 7.5"/>',
    "check-circle": '<circle cx="12" cy="12" r="8.5"/><path d="m8.3 12.3 2.6 2.6 4.9-5.3"/>',
    "chevron": '<path d="m7 10 5 5 5-5"/>',
    "clock": '<circle cx="12" cy="12" r="8.5"/><path d="M12 7.3V12l3.2 2"/>',
    "code": '<path d="m8.5 7.5-5 4.5 5 4.5M15.5 7.5l5 4.5-5 4.5"/>',
    "copy": '<rect x="8.5" y="8.5" width="12" height="12" rx="2"/><path d="M15.5 5.5v-.3a2 2 0 0 0-2-2H5.2'
    'a2 2 0 0 0-2 2v8.3a2 2 0 0 0 2 2h.3"/>',
    "external": '<path d="M14 4.5h5.5V10M19 5l-8 8"/>'
    '<path d="M10 5.5H6.5a2 2 0 0 0-2 2v10a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V14"/>',
    "file": '<path d="M6 3.5h8l4.5 4.5v12.5H6z"/><path d="M13.5 3.5V8.5H18.5M9 13h6M9 16.5h4"/>',
    "flask": '<path d="M9.5 3.5v6L4.8 18a1.7 1.7 0 0 0 1.5 2.5h11.4a1.7 1.7 0 0 0 1.5-2.5L14.5 9.5v-6"/>'
    '<path d="M8 3.5h8M7.5 14.5h9"/>',
    "home": '<path d="m4 11 8-7 8 7v9h-5.5v-5.5h-5V20H4z"/>',
    "inbox": '<path d="M3.5 13.5 6.5 5h11l3 8.5V19h-17z"/><path d="M3.5 13.5h5l1.2 2.3h4.6l1.2-2.3h5"/>',
    "key": '<circle cx="8" cy="15.5" r="4.2"/><path d="m11 12.5 8.5-8.5M16 7.5l3 3"/>',
    "list": '<path d="M9 6.5h11M9 12h11M9 17.5h11"/><path d="M4.5 6.5v.1M4.5 12v.1M4.5 17.5v.1"/>',
    "logout": '<path d="M10 4.5H5.5v15H10M14.5 8l4 4-4 4M18 12H9.5"/>',
    "mail": '<rect x="3" y="5.5" width="18" height="13.5" rx="2"/><path d="m3.8 7.5 8.2 6 8.2-6"/>',
    "menu": '<path d="M4 7h16M4 12h16M4 17h16"/>',
    "monitor": '<rect x="3" y="4.5" width="18" height="12" rx="2"/><path d="M9 20.5h6M12 16.5v4"/>',
    "moon": '<path d="M20 14.2A8.2 8.2 0 0 1 9.8 4a8.2 8.2 0 1 0 10.2 10.2z"/>',
    "pause": '<path d="M8.5 5.5v13M15.5 5.5v13"/>',
    "phone": '<path d="M5 4.5h4l1.6 4.3-2.2 1.5a11 11 0 0 0 5.3 5.3l1.5-2.2 4.3 1.6v4a1.5 1.5 0 0 1-1.6 1.5'
    'A15.5 15.5 0 0 1 3.5 6.1 1.5 1.5 0 0 1 5 4.5z"/>',
    "play": '<path d="M8 5.2v13.6L18.5 12z"/>',
    "plus": '<path d="M12 5.5v13M5.5 12h13"/>',
    "refresh": '<path d="M19.5 12a7.5 7.5 0 1 1-2.2-5.3"/><path d="M20 3.5v4.2h-4.2"/>',
    "scales": '<path d="M12 4v16M8 20h8M5 7.5l7-2 7 2"/>'
    '<path d="m5 7.5-2.5 6a2.7 2.7 0 0 0 5 0zM19 7.5l-2.5 6a2.7 2.7 0 0 0 5 0z"/>',
    "search": '<circle cx="11" cy="11" r="6.3"/><path d="m15.7 15.7 4.3 4.3"/>',
    "send": '<path d="M20.5 3.5 3.5 10.2l6.8 2.9 3 7z"/><path d="m10.3 13.1 4.5-4.5"/>',
    "shield": '<path d="M12 3.5 5 6v5.5c0 4.3 2.9 7.4 7 9 4.1-1.6 7-4.7 7-9V6z"/><path d="m9 11.8 2.2 2.2 3.9-4"/>',
    "sun": '<circle cx="12" cy="12" r="3.8"/><path d="M12 2.8v2M12 19.2v2M2.8 12h2M19.2 12h2M5.5 5.5l1.4 1.4'
    'M17.1 17.1l1.4 1.4M5.5 18.5l1.4-1.4M17.1 6.9l1.4-1.4"/>',
    "user": '<circle cx="12" cy="8" r="3.8"/><path d="M4.8 20.2a7.3 7.3 0 0 1 14.4 0"/>',
    "users": '<circle cx="9" cy="8.5" r="3.3"/>'
    '<path d="M2.8 19.5a6.3 6.3 0 0 1 12.4 0M16 5.5a3.2 3.2 0 0 1 0 6.1M17.8 14.6'
    'a6.2 6.2 0 0 1 3.4 4.9"/>',
    "webhook": '<circle cx="6" cy="16.5" r="3"/><circle cx="18" cy="16.5" r="3"/><circle cx="12" cy="6.5" r="3"/>'
    '<path d="m10.5 9.1-3 4.8M13.5 9.1l3 4.8M9 16.5h6"/>',
    "x": '<path d="m6.5 6.5 11 11M17.5 6.5l-11 11"/>',
    "x-circle": '<circle cx="12" cy="12" r="8.5"/><path d="m9 9 6 6M15 9l-6 6"/>',
}
