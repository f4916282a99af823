"""Webhooks, commands, and their words in the audit log."""

import chat.models.webhooks
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0031_token_scopes")]

    operations = [
        migrations.CreateModel(
            name='CommandCall',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('client_id', models.UUIDField()),
                ('at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name='IncomingWebhook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('label', models.CharField(blank=True, max_length=80)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='OutgoingWebhook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('label', models.CharField(blank=True, max_length=80)),
                ('url', models.CharField(max_length=2000)),
                ('secret', models.CharField(max_length=80)),
                ('events', models.JSONField(default=list)),
                ('words', models.JSONField(blank=True, default=list)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('failing_since', models.DateTimeField(blank=True, null=True)),
                ('rests_until', models.DateTimeField(blank=True, null=True)),
                ('disabled_at', models.DateTimeField(blank=True, null=True)),
                ('disabled_reason', models.CharField(blank=True, max_length=80)),
            ],
        ),
        migrations.CreateModel(
            name='BotCommand',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=32, unique=True)),
                ('usage', models.CharField(blank=True, max_length=80)),
                ('description', models.CharField(blank=True, max_length=200)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name='WebhookDelivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(default=chat.models.webhooks.new_delivery_key, max_length=40, unique=True)),
                ('event', models.CharField(max_length=20)),
                ('seq', models.PositiveBigIntegerField(null=True)),
                ('details', models.JSONField(blank=True, default=dict)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('status', models.PositiveSmallIntegerField(null=True)),
                ('error', models.CharField(blank=True, max_length=80)),
                ('attempted_at', models.DateTimeField(blank=True, null=True)),
                ('delivered_at', models.DateTimeField(blank=True, null=True)),
                ('given_up_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'verbose_name_plural': 'deliveries',
            },
        ),
        migrations.AddField(
            model_name='commandcall',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='incomingwebhook',
            name='bot',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='incoming_webhooks', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='incomingwebhook',
            name='created_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='incomingwebhook',
            name='room',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='incoming_webhooks', to='chat.room'),
        ),
        migrations.AddField(
            model_name='outgoingwebhook',
            name='bot',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='outgoing_webhooks', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='outgoingwebhook',
            name='created_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='outgoingwebhook',
            name='rooms',
            field=models.ManyToManyField(blank=True, related_name='outgoing_webhooks', to='chat.room'),
        ),
        migrations.AddField(
            model_name='botcommand',
            name='room',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='commands', to='chat.room'),
        ),
        migrations.AddField(
            model_name='botcommand',
            name='webhook',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='commands', to='chat.outgoingwebhook'),
        ),
        migrations.AddField(
            model_name='webhookdelivery',
            name='room',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='chat.room'),
        ),
        migrations.AddField(
            model_name='webhookdelivery',
            name='webhook',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='chat.outgoingwebhook'),
        ),
        migrations.AddConstraint(
            model_name='commandcall',
            constraint=models.UniqueConstraint(fields=('person', 'client_id'), name='one_call_per_client_id'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(fields=['created_at'], name='deliveries_by_age'),
        ),
        migrations.AlterField(
            model_name='auditentry',
            name='action',
            field=models.CharField(choices=[('delete', 'deleted messages'), ('restore', 'restored messages'), ('erase', 'erased messages'), ('edit', 'edited a message'), ('unfurl', 'removed a link preview'), ('mute', 'muted'), ('unmute', 'unmuted'), ('ban', 'banned'), ('unban', 'unbanned'), ('remove', 'removed from a room'), ('add_member', 'added a member'), ('role', 'changed a role'), ('archive', 'archived a room'), ('unarchive', 'unarchived a room'), ('change_room', 'changed a room'), ('delete_room', 'deleted a room'), ('add_person', 'added a person'), ('change_person', 'changed a person'), ('add_group', 'added a group'), ('change_group', 'changed a group'), ('delete_group', 'deleted a group'), ('password', 'set a password'), ('sign_out', 'signed out everywhere'), ('revoke', 'revoked tokens'), ('deactivate', 'deactivated'), ('activate', 'activated'), ('approve', 'approved an account'), ('decline', 'declined an account'), ('purge', 'deleted inactive guests'), ('prune', 'removed old messages'), ('resolve', 'resolved reports'), ('export', 'exported messages'), ('invite', 'created an invitation'), ('uninvite', 'revoked an invitation'), ('add_bot', 'created a bot'), ('add_token', 'created a token'), ('add_webhook', 'created a webhook'), ('change_webhook', 'changed a webhook'), ('remove_webhook', 'removed a webhook'), ('add_command', 'registered a command'), ('remove_command', 'removed a command'), ('import', 'imported messages'), ('retry_job', 'tried a failed task again'), ('discard_job', 'discarded a failed task')], max_length=16),
        ),
    ]
