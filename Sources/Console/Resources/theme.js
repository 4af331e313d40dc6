// Before anything is shown: the color scheme that this browser was told to use.
try {
    const theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
    // Without storage, the system's scheme counts.
}
