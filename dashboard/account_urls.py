"""Addresses of a person's own pages: sign-up, sign-in, security. Named as django-allauth names them, without slashes.

Only what is offered is mounted. The names are looked up by allauth itself, so they stand outside our namespace.
"""

from allauth.mfa.recovery_codes.views import DownloadRecoveryCodesView
from django.urls import path, re_path

from dashboard.views import security, session, signup

urlpatterns = [
    path("signup", signup.SignUp.as_view(), name="account_signup"),
    path("account/verify", signup.VerifyEmail.as_view(), name="account_email_verification_sent"),
    path("account/mail", signup.local_mail, name="account_local_mail"),
    path("dashboard/login", session.SignIn.as_view(), name="account_login"),
    path("dashboard/login/code", session.SecondFactor.as_view(), name="mfa_authenticate"),
    path("dashboard/login/passkey", session.PasskeySignIn.as_view(), name="mfa_login_webauthn"),
    path("dashboard/logout", session.SignOut.as_view(), name="account_logout"),
    path("account/inactive", session.Inactive.as_view(), name="account_inactive"),
    path("account/password/forgotten", session.ForgottenPassword.as_view(), name="account_reset_password"),
    path("account/password/sent", session.ResetSent.as_view(), name="account_reset_password_done"),
    # `path` would be greedy: the key has a dash of its own.
    re_path(
        r"^account/password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)$",
        session.NewPassword.as_view(),
        name="account_reset_password_from_key",
    ),
    path("account/password/done", session.ResetDone.as_view(), name="account_reset_password_from_key_done"),
    path("account/confirm", security.ConfirmByPassword.as_view(), name="account_reauthenticate"),
    path("account/confirm/code", security.ConfirmByCode.as_view(), name="mfa_reauthenticate"),
    path("account/confirm/passkey", security.ConfirmByPasskey.as_view(), name="mfa_reauthenticate_webauthn"),
    path("account/security", security.Overview.as_view(), name="mfa_index"),
    path("account/email", security.ChangeEmail.as_view(), name="account_email"),
    path("account/password", security.ChangePassword.as_view(), name="account_change_password"),
    path("account/password/set", security.SetPassword.as_view(), name="account_set_password"),
    path("account/authenticator", security.AddAuthenticator.as_view(), name="mfa_activate_totp"),
    path("account/authenticator/remove", security.RemoveAuthenticator.as_view(), name="mfa_deactivate_totp"),
    path("account/recovery-codes", security.RecoveryCodes.as_view(), name="mfa_view_recovery_codes"),
    path("account/recovery-codes/new", security.NewRecoveryCodes.as_view(), name="mfa_generate_recovery_codes"),
    path("account/recovery-codes.txt", DownloadRecoveryCodesView.as_view(), name="mfa_download_recovery_codes"),
    path("account/passkeys", security.passkeys, name="mfa_list_webauthn"),
    path("account/passkeys/new", security.AddPasskey.as_view(), name="mfa_add_webauthn"),
    path("account/passkeys/<int:pk>/rename", security.RenamePasskey.as_view(), name="mfa_edit_webauthn"),
    path("account/passkeys/<int:pk>/remove", security.RemovePasskey.as_view(), name="mfa_remove_webauthn"),
    path("account/sessions/end", security.end_session, name="account_end_session"),
    path("account/sessions/end-others", security.EndOtherSessions.as_view(), name="usersessions_list"),
]
