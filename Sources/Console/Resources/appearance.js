// The color scheme, which is remembered, and the menu of narrow windows.

export function watchTheme() {
    showChosen();
    document.addEventListener("click", (event) => {
        const button = event.target.closest("[data-theme-choice]");
        if (button) choose(button.dataset.themeChoice);
        const menu = event.target.closest("[data-menu]");
        if (menu) {
            const side = document.getElementById("side");
            menu.setAttribute("aria-expanded", String(side.classList.toggle("open")));
        }
    });
}

function choose(theme) {
    const root = document.documentElement;
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
    try {
        if (theme === "system") localStorage.removeItem("theme");
        else localStorage.setItem("theme", theme);
    } catch {
        // Without storage it counts for this page.
    }
    showChosen();
}

function showChosen() {
    const theme = document.documentElement.dataset.theme ?? "system";
    for (const button of document.querySelectorAll("[data-theme-choice]")) {
        button.ariaPressed = String(button.dataset.themeChoice === theme);
    }
}
