"""Exclusions, documents, exports; what was checked about a contact."""

import django.db.models.deletion
from django.db import migrations, models

import agentcollect.kit.ids
import agentcollect.kit.models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0002_corrections")]

    operations = [
        migrations.CreateModel(
            name='Document',
            fields=[
                ('livemode', models.BooleanField()),
                ('created_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('id', agentcollect.kit.ids.PublicIdField(prefix='doc', serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('kind', models.CharField(choices=[('invoice', 'Invoice'), ('contract', 'Contract'), ('proof_of_delivery', 'Proof Of Delivery'), ('statement', 'Statement'), ('other', 'Other')], default='other', max_length=20)),
                ('share_with_debtor', models.BooleanField(default=False)),
                ('metadata', models.JSONField(default=dict)),
                ('actor', models.CharField(max_length=80)),
                ('updated_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Exclusion',
            fields=[
                ('livemode', models.BooleanField()),
                ('created_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('id', agentcollect.kit.ids.PublicIdField(prefix='exc', serialize=False)),
                ('match', models.CharField(choices=[('company', 'Company'), ('domain', 'Domain'), ('email', 'Email'), ('phone', 'Phone'), ('external_id', 'External Id')], max_length=12)),
                ('value', models.CharField(max_length=300)),
                ('key', models.CharField(max_length=300)),
                ('effect', models.CharField(choices=[('never_contact', 'Never Contact'), ('ask_first', 'Ask First'), ('no_calls', 'No Calls'), ('no_attorney', 'No Attorney')], max_length=16)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('actor', models.CharField(max_length=80)),
                ('removed_at', models.DateTimeField(null=True)),
                ('settled_at', models.DateTimeField(null=True)),
                ('lease_until', models.DateTimeField(null=True)),
                ('updated_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Export',
            fields=[
                ('livemode', models.BooleanField()),
                ('created_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('id', agentcollect.kit.ids.PublicIdField(prefix='exp', serialize=False)),
                ('kind', models.CharField(max_length=20)),
                ('filters', models.JSONField(default=dict)),
                ('status', models.CharField(choices=[('queued', 'Queued'), ('running', 'Running'), ('completed', 'Completed'), ('failed', 'Failed'), ('expired', 'Expired')], max_length=10)),
                ('rows_written', models.PositiveIntegerField(default=0)),
                ('size', models.PositiveBigIntegerField(null=True)),
                ('storage_name', models.CharField(blank=True, max_length=200)),
                ('error', models.CharField(blank=True, max_length=300)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('lease_token', models.PositiveIntegerField(default=0)),
                ('lease_until', models.DateTimeField(null=True)),
                ('completed_at', models.DateTimeField(null=True)),
                ('expires_at', models.DateTimeField(null=True)),
                ('metadata', models.JSONField(default=dict)),
                ('actor', models.CharField(max_length=80)),
                ('updated_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='FileChunk',
            fields=[
                ('livemode', models.BooleanField()),
                ('created_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('data', models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name='StoredFile',
            fields=[
                ('livemode', models.BooleanField()),
                ('created_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('id', agentcollect.kit.ids.PublicIdField(prefix='fil', serialize=False)),
                ('sha256', models.CharField(max_length=64)),
                ('size', models.PositiveIntegerField()),
                ('media_type', models.CharField(max_length=100)),
                ('state', models.CharField(choices=[('spooled', 'Spooled'), ('stored', 'Stored')], default='spooled', max_length=8)),
                ('storage_name', models.CharField(max_length=200)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('next_attempt_at', models.DateTimeField(null=True)),
                ('error', models.CharField(blank=True, max_length=300)),
            ],
        ),
        migrations.AddField(
            model_name='contact',
            name='check_requested_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='contact',
            name='checks',
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name='contact',
            name='vouched_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name='contact',
            index=models.Index(fields=['organisation', 'livemode', 'created_at', 'id'], name='contact_list'),
        ),
        migrations.AddIndex(
            model_name='contact',
            index=models.Index(condition=models.Q(('check_requested_at__isnull', False)), fields=['check_requested_at'], name='contact_to_check'),
        ),
        migrations.AddIndex(
            model_name='debtor',
            index=models.Index(fields=['organisation', 'livemode', 'created_at', 'id'], name='debtor_list'),
        ),
        migrations.AddIndex(
            model_name='suppression',
            index=models.Index(fields=['organisation', 'livemode', 'created_at', 'id'], name='suppression_list'),
        ),
        migrations.AddField(
            model_name='document',
            name='campaign',
            field=agentcollect.kit.models.ParentKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.campaign'),
        ),
        migrations.AddField(
            model_name='document',
            name='case',
            field=agentcollect.kit.models.ParentKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.case'),
        ),
        migrations.AddField(
            model_name='document',
            name='debtor',
            field=agentcollect.kit.models.ParentKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.debtor'),
        ),
        migrations.AddField(
            model_name='document',
            name='organisation',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organisation'),
        ),
        migrations.AddField(
            model_name='exclusion',
            name='organisation',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organisation'),
        ),
        migrations.AddField(
            model_name='hold',
            name='exclusion',
            field=agentcollect.kit.models.ParentKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.exclusion'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.UniqueConstraint(condition=models.Q(('exclusion__isnull', False), ('released_at', None)), fields=('exclusion', 'debtor'), name='hold_excluded_debtor_once'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.UniqueConstraint(condition=models.Q(('exclusion__isnull', False), ('released_at', None)), fields=('exclusion', 'case'), name='hold_excluded_case_once'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.UniqueConstraint(condition=models.Q(('exclusion__isnull', False), ('released_at', None)), fields=('exclusion', 'contact'), name='hold_excluded_contact_once'),
        ),
        migrations.AddField(
            model_name='export',
            name='organisation',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organisation'),
        ),
        migrations.AddField(
            model_name='filechunk',
            name='organisation',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organisation'),
        ),
        migrations.AddField(
            model_name='storedfile',
            name='organisation',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organisation'),
        ),
        migrations.AddField(
            model_name='filechunk',
            name='file',
            field=agentcollect.kit.models.ParentKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.storedfile'),
        ),
        migrations.AddField(
            model_name='document',
            name='file',
            field=agentcollect.kit.models.ParentKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.storedfile'),
        ),
        migrations.AddIndex(
            model_name='exclusion',
            index=models.Index(fields=['organisation', 'livemode', 'created_at', 'id'], name='exclusion_list'),
        ),
        migrations.AddIndex(
            model_name='exclusion',
            index=models.Index(condition=models.Q(('settled_at', None)), fields=['recorded_at'], name='exclusion_unsettled'),
        ),
        migrations.AddConstraint(
            model_name='exclusion',
            constraint=models.UniqueConstraint(condition=models.Q(('removed_at', None)), fields=('organisation', 'livemode', 'match', 'key', 'effect'), name='exclusion_once'),
        ),
        migrations.AddIndex(
            model_name='export',
            index=models.Index(fields=['organisation', 'livemode', 'created_at', 'id'], name='export_list'),
        ),
        migrations.AddIndex(
            model_name='export',
            index=models.Index(condition=models.Q(('status__in', ['queued', 'running'])), fields=['recorded_at'], name='export_open'),
        ),
        migrations.AddIndex(
            model_name='export',
            index=models.Index(condition=models.Q(('status', 'completed')), fields=['expires_at'], name='export_expiring'),
        ),
        migrations.AddIndex(
            model_name='storedfile',
            index=models.Index(condition=models.Q(('state', 'spooled')), fields=['next_attempt_at'], name='stored_file_spooled'),
        ),
        migrations.AddConstraint(
            model_name='storedfile',
            constraint=models.UniqueConstraint(fields=('organisation', 'livemode', 'sha256'), name='stored_file_once'),
        ),
        migrations.AddConstraint(
            model_name='storedfile',
            constraint=models.CheckConstraint(condition=models.Q(('size__gt', 0)), name='stored_file_not_empty'),
        ),
        migrations.AddConstraint(
            model_name='filechunk',
            constraint=models.UniqueConstraint(fields=('file', 'number'), name='file_chunk_once'),
        ),
        migrations.AddIndex(
            model_name='document',
            index=models.Index(fields=['organisation', 'livemode', 'created_at', 'id'], name='document_list'),
        ),
        migrations.AddConstraint(
            model_name='document',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('campaign__isnull', False), ('case', None), ('debtor', None)), models.Q(('campaign', None), ('case', None), ('debtor__isnull', False)), models.Q(('campaign', None), ('case__isnull', False), ('debtor', None)), _connector='OR'), name='document_about_one_thing'),
        ),
        migrations.AddConstraint(
            model_name='document',
            constraint=models.UniqueConstraint(condition=models.Q(('campaign__isnull', False)), fields=('campaign', 'file'), name='document_once_per_campaign'),
        ),
        migrations.AddConstraint(
            model_name='document',
            constraint=models.UniqueConstraint(condition=models.Q(('debtor__isnull', False)), fields=('debtor', 'file'), name='document_once_per_debtor'),
        ),
        migrations.AddConstraint(
            model_name='document',
            constraint=models.UniqueConstraint(condition=models.Q(('case__isnull', False)), fields=('case', 'file'), name='document_once_per_case'),
        ),
    ]
